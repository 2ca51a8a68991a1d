-- Parties as algorithms see them: a version, which is the optimistic lock of an object, and keys by
-- which finds ignore case through an index: the kind, a colon and the beginning of the text in lower
-- case. The kind stands inside the key and not beside it: knowing nothing of how rows are spread,
-- SQLite took `kind = ?` of the primary key for the narrower way and read a whole catalog. A row
-- without keys was written before this migration; the store makes them when it opens.
alter table parties add column version bigint not null default 1;
alter table parties add column code_key text;
alter table parties add column name_key text;
alter table party_attributes add column name_key text;
alter table party_attributes add column value_folded text;

create index parties_code_key on parties (code_key);
create index parties_name_key on parties (name_key);
create index parties_keyless on parties (kind) where code_key is null;
-- The beginning takes the place of the whole value, which may be longer than an index holds.
drop index party_attributes_value;
create index party_attributes_key on party_attributes (name_key, value_folded);
create index party_attributes_keyless on party_attributes (kind) where name_key is null;
