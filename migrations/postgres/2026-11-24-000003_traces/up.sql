-- «Почему бот так ответил?»: what was tried for an update, in words; lives as long as its row.
alter table inbox add column trace text;
create index inbox_chat on inbox (bot, chat, seq) where trace is not null;
