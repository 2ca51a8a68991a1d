-- Parties as algorithms see them: a version, which is the optimistic lock of an object, and folded
-- (lower-case, at most 200 characters) texts by which finds ignore case through an index. A row whose
-- folded text is null was written before this migration; the store folds it when it opens.
alter table parties add column version bigint not null default 1;
alter table parties add column code_folded text;
alter table parties add column name_folded text;
alter table party_attributes add column name_folded text;
alter table party_attributes add column value_folded text;

create index parties_code_folded on parties (kind, code_folded);
create index parties_name_folded on parties (kind, name_folded);
create index parties_unfolded on parties (kind) where code_folded is null;
-- The folded text takes the place of the whole one, which may be longer than an index holds.
drop index party_attributes_value;
create index party_attributes_folded on party_attributes (kind, name_folded, value_folded);
create index party_attributes_unfolded on party_attributes (kind) where name_folded is null;
