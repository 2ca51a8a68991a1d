-- When it was last told that something failed at a place: once an hour at most.
create table alarms (
    place text not null primary key,
    told_at bigint not null
);
