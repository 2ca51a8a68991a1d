-- Two changes of one registration may be told in another order than they were made in: the row's
-- version says which is newer.
alter table registrations add column version bigint not null default 1;
