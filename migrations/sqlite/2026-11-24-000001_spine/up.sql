-- The spine: inbox, outbox, conversations, definitions and data of one organisation.
-- Moments are microseconds of Unix time, UTC. JSON is text. Forward only: there is no down.sql.

create table meta (
    key text primary key,
    value text not null
) without rowid;

-- Who may work on this database (design: "One node at work"). One row, id 1.
create table lease (
    id integer primary key,
    node text not null,
    epoch bigint not null,
    expires_at bigint not null
);

-- Updates as they came. `seq` is the order of arrival; (bot_id, update_id) makes them exactly once.
create table inbox (
    seq integer primary key,
    channel text not null,
    bot_id bigint not null,
    update_id bigint not null,
    bot text not null,
    chat bigint,
    sender bigint,
    state text not null,
    crashes integer not null default 0,
    personal boolean not null,
    raw text,
    received_at bigint not null,
    handled_at bigint
);
create unique index inbox_key on inbox (bot_id, update_id, channel);
create index inbox_pending on inbox (bot, seq) where state = 'pending';

-- The next update to ask Telegram for, per bot as Telegram numbers it.
create table offsets (
    bot_id integer primary key,
    next_update bigint not null,
    at bigint not null
);

-- What a bot remembers of a sender in a chat; only where it is not the default.
create table conversations (
    bot text not null,
    chat bigint not null,
    sender bigint not null,
    state text not null,
    until_at bigint,
    primary key (bot, chat, sender)
) without rowid;
create index conversations_until on conversations (until_at) where until_at is not null;

create table choices (
    id integer primary key,
    bot text not null,
    chat bigint not null,
    sender bigint not null,
    status text not null,
    body text not null,
    at bigint not null
);
create index choices_open on choices (bot, chat) where status = 'open';
create index choices_closed on choices (at) where status = 'closed';

-- The outbox. Its indexes cover open rows only, so a sent row costs the table alone.
create table messages (
    key integer primary key,
    channel text not null,
    bot text not null,
    chat bigint not null,
    thread bigint,
    lane text not null,
    kind text not null,
    state text not null,
    not_before bigint,
    retry_at bigint,
    tries integer not null default 0,
    resent boolean not null default false,
    late boolean not null default false,
    keep boolean not null default false,
    body text,
    reply_to bigint,
    update_bot bigint,
    update_id bigint,
    telegram_message_ids text,
    error_code integer,
    error_text text,
    created_at bigint not null,
    sent_at bigint
);
create index messages_open on messages (bot, key) where state in ('queued', 'sending');
create index messages_due on messages ((coalesce(retry_at, not_before)))
    where state = 'queued' and coalesce(retry_at, not_before) is not null;

-- Chats (chat 0: the whole bot) that Telegram told to wait.
create table pauses (
    channel text not null,
    bot text not null,
    chat bigint not null,
    until_at bigint not null,
    primary key (channel, bot, chat)
) without rowid;

create table chats (
    channel text not null,
    bot text not null,
    chat bigint not null,
    blocked_at bigint,
    reason text,
    migrated_to bigint,
    primary key (channel, bot, chat)
) without rowid;

create table bots (
    code text primary key,
    channel text not null,
    telegram_id bigint,
    username text,
    token text not null,
    file_enabled boolean not null,
    enabled boolean not null,
    revision bigint not null,
    deleted boolean not null default false
);

create table party_groups (
    code text primary key,
    name text not null
);

create table parties (
    kind text not null,
    code text not null,
    name text not null,
    time_zone text,
    language text,
    deleted boolean not null default false,
    attributes text not null,
    primary key (kind, code)
);
create table party_members (
    party_group text not null,
    kind text not null,
    code text not null,
    primary key (party_group, kind, code)
) without rowid;
create index party_members_party on party_members (kind, code);
-- Derived from parties.attributes, for looking parties up.
create table party_attributes (
    kind text not null,
    code text not null,
    name text not null,
    value text not null,
    primary key (kind, code, name)
) without rowid;
create index party_attributes_value on party_attributes (kind, name, value);

create table registrations (
    channel text not null,
    bot text not null,
    chat bigint not null,
    party_kind text not null,
    party_code text not null,
    created_at bigint not null,
    created_by text not null,
    revoked_at bigint,
    revoked_by text,
    primary key (channel, bot, chat)
) without rowid;
create index registrations_party on registrations (party_kind, party_code);

-- Each version of each file of the definitions; `until_revision` null is the one in force.
create table definition_files (
    path text not null,
    revision bigint not null,
    until_revision bigint,
    bytes blob not null,
    sha256 text not null,
    primary key (path, revision)
);
create unique index definition_files_current on definition_files (path) where until_revision is null;

create table revisions (
    id integer primary key,
    at bigint not null,
    author text not null,
    note text not null
);

-- The life of processes, tasks and registrations. (stream, seq) is the optimistic lock.
create table events (
    id integer primary key,
    stream text not null,
    seq bigint not null,
    kind text not null,
    version integer not null,
    at bigint not null,
    author text not null,
    cause text,
    payload text not null,
    handled_at bigint
);
create unique index events_stream on events (stream, seq);
create index events_open on events (id) where handled_at is null;

create table audit (
    id integer primary key,
    at bigint not null,
    author text not null,
    action text not null,
    object text not null,
    detail text not null
);
create index audit_object on audit (object, id);

create table api_tokens (
    id integer primary key,
    hash text not null,
    name text not null,
    scopes text not null,
    party text,
    created_at bigint not null,
    created_by text not null,
    last_used_at bigint,
    revoked_at bigint
);
create unique index api_tokens_hash on api_tokens (hash);
create unique index api_tokens_name on api_tokens (name) where revoked_at is null;
