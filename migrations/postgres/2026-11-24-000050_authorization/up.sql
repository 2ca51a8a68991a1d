-- Authorisation requests (R91, R95-R123): `body` is the request as JSON with its links and cards, the
-- other columns repeat what it is looked up by. One is open per bot and chat.
create table authorization_requests (
    id bigint primary key,
    bot text not null,
    chat bigint not null,
    state text not null,
    version bigint not null,
    created_at bigint not null,
    decided_at bigint,
    remind_at bigint,
    body text not null
);
create unique index authorization_requests_open on authorization_requests (bot, chat)
    where state in ('waiting', 'process');
create index authorization_requests_state on authorization_requests (state, id);
create index authorization_requests_chat on authorization_requests (bot, chat, decided_at);
create index authorization_requests_remind on authorization_requests (remind_at)
    where remind_at is not null;

-- Links that register whoever opens them (D23). The secret is nowhere, only its hash.
create table registration_links (
    id bigint primary key,
    bot text not null,
    hash text not null,
    version bigint not null,
    expires_at bigint not null,
    body text not null
);
create unique index registration_links_hash on registration_links (hash);
create index registration_links_expires on registration_links (expires_at);

-- A registration is searched by the beginning of its party's name or code.
create index registrations_bot on registrations (bot, chat);

-- What a request of the control endpoint with an Idempotency-Key answered, for seven days.
create table idempotency (
    token text not null,
    key text not null,
    request_hash text not null,
    status integer not null,
    body text not null,
    at bigint not null,
    primary key (token, key)
);
create index idempotency_at on idempotency (at);
