-- A registration is searched by its chat key alone: without this a million rows are walked.
create index registrations_chat on registrations (chat);
