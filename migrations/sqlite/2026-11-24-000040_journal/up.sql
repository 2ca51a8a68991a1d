-- The journal: what bots accepted and answered at once, a record a batch, many records a row
-- (docs/decisions/0009-journal.md). `seq` grows with time; each update of a row has one of the numbers
-- after it. Before the row `open_from` every answer was marked when this row was written. The form of
-- `body` is told in src/store/journal/record.rs.
create table journal (
    seq integer primary key,
    at bigint not null,
    open_from bigint not null,
    body blob not null
);
-- Where things are found in it: the least and greatest key of a row's answers, and a mark of four bytes
-- of each of its chats.
create table journal_index (
    seq integer primary key,
    first_key bigint,
    last_key bigint,
    chats blob not null
);

-- Which updates were accepted: those from first_update to before next_update, and the ranges before
-- them. Of what was accepted before this migration the inbox has the keys.
alter table offsets add column first_update bigint;
update offsets set first_update = next_update;
create table update_ranges (
    bot_id bigint not null,
    first_update bigint not null,
    next_update bigint not null,
    at bigint not null,
    primary key (bot_id, first_update)
) without rowid;
