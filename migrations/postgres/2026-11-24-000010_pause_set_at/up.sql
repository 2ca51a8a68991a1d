-- A pause lasts no longer than until_at - set_at, although the clock is set back meanwhile. Of pauses that
-- are there already nothing is known: they end at until_at.
alter table pauses add column set_at bigint not null default 0;
