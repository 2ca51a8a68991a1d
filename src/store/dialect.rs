//! The few pieces of SQL that are not Diesel's own words: constant fragments (typed, so that the
//! statement is cached) and what differs between the engines.

use diesel::backend::Backend;
use diesel::expression::{
    AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate,
};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
use diesel::sqlite::Sqlite;

/// A constant piece of SQL as an expression type. Diesel's `sql()` would make the statement
/// uncacheable, and a bound value would keep SQLite from seeing that a partial index serves.
macro_rules! constant {
    ($(#[$doc:meta])* $name:ident: $type:ty = $sql:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        impl Expression for $name {
            type SqlType = $type;
        }
        impl<DB: Backend> QueryFragment<DB> for $name {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
                out.push_sql($sql);
                Ok(())
            }
        }
        impl QueryId for $name {
            type QueryId = $name;
            const HAS_STATIC_QUERY_ID: bool = true;
        }
        impl<Source> SelectableExpression<Source> for $name {}
        impl<Source> AppearsOnTable<Source> for $name {}
        impl<GroupBy> ValidGrouping<GroupBy> for $name {
            type IsAggregate = is_aggregate::Never;
        }
    };
}

constant! {
    /// The condition of the index `inbox_pending`.
    InboxPending: Bool = "inbox.state = 'pending'"
}
constant! {
    /// The condition of the index `messages_open`.
    MessageOpen: Bool = "messages.state in ('queued', 'sending')"
}
constant! {
    /// The condition of the index `messages_due`.
    MessageTimed: Bool =
        "(messages.state = 'queued' and coalesce(messages.retry_at, messages.not_before) is not null)"
}
constant! {
    /// The expression of the index `messages_due`.
    MessageDue: Nullable<BigInt> = "coalesce(messages.retry_at, messages.not_before)"
}
constant! {
    /// The condition of the index `authorization_requests_open`.
    RequestOpen: Bool = "authorization_requests.state in ('waiting', 'process')"
}
constant! {
    /// The condition of the index `events_open`.
    EventOpen: Bool = "events.handled_at is null"
}
constant! {
    /// The condition of the index `choices_open`.
    ChoiceOpen: Bool = "choices.status = 'open'"
}
constant! {
    /// The condition of the index `choices_closed`.
    ChoiceClosed: Bool = "choices.status = 'closed'"
}

/// A hot statement, written out: pieces of SQL with a typed bind after each. Diesel 2.3 prepares
/// every UPDATE and every `do update` anew, and builds the text of an insert with `on conflict` each
/// time; a statement made here is prepared once per connection and found by its type.
macro_rules! statement {
    ($(#[$doc:meta])* $name:ident = $($sql:literal $field:ident: $type:ty as $rust:ty),+ ; $tail:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub(super) struct $name<'a> {
            $(pub(super) $field: $rust,)+
            pub(super) borrows: std::marker::PhantomData<&'a ()>,
        }

        statement!(@engine $name, Sqlite, $($sql $field: $type),+ ; $tail);
        statement!(@engine $name, Pg, $($sql $field: $type),+ ; $tail);
        impl QueryId for $name<'_> {
            type QueryId = $name<'static>;
            const HAS_STATIC_QUERY_ID: bool = true;
        }
        impl<Conn> diesel::RunQueryDsl<Conn> for $name<'_> {}
    };
    (@engine $name:ident, $engine:ty, $($sql:literal $field:ident: $type:ty),+ ; $tail:literal) => {
        impl QueryFragment<$engine> for $name<'_> {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, $engine>) -> QueryResult<()> {
                $(
                    out.push_sql($sql);
                    out.push_bind_param::<$type, _>(&self.$field)?;
                )+
                out.push_sql($tail);
                Ok(())
            }
        }
    };
}

statement! {
    /// PostgreSQL: a writer's batch is marked in its own transaction, which tells its number.
    MarkBatch =
        "insert into meta (key, value) values (" key: Text as &'a str,
        ", to_char(now() at time zone 'utc', 'YYYY-MM-DD ') || " batch: Text as &'a str;
        ") on conflict (key) do update set value = excluded.value \
         returning pg_current_xact_id()::text"
}
statement! {
    /// An update is accepted, unless it is there.
    AcceptUpdate =
        "insert into inbox (seq, channel, bot_id, update_id, bot, chat, sender, state, personal, \
         raw, received_at, handled_at, trace) values (" seq: BigInt as i64,
        ", " channel: Text as &'a str,
        ", " bot_id: BigInt as i64,
        ", " update_id: BigInt as i64,
        ", " bot: Text as &'a str,
        ", " chat: Nullable<BigInt> as Option<i64>,
        ", " sender: Nullable<BigInt> as Option<i64>,
        ", " state: Text as &'a str,
        ", " personal: Bool as bool,
        ", " raw: Text as &'a str,
        ", " received_at: BigInt as i64,
        ", " handled_at: Nullable<BigInt> as Option<i64>,
        ", " trace: Nullable<Text> as Option<&'a str>;
        ") on conflict do nothing"
}
statement! {
    /// An update gets its final state.
    FinishUpdate =
        "update inbox set state = " state: Text as &'a str,
        ", handled_at = " handled_at: BigInt as i64,
        ", trace = coalesce(" trace: Nullable<Text> as Option<&'a str>,
        ", trace) where bot_id = " bot_id: BigInt as i64,
        " and update_id = " update_id: BigInt as i64;
        ""
}
statement! {
    /// The offset of a bot moves on over updates that follow the last ones without a gap.
    PassUpdates =
        "update offsets set next_update = " next_update: BigInt as i64,
        ", at = " at: BigInt as i64,
        " where bot_id = " bot_id: BigInt as i64,
        " and next_update = " first: BigInt as i64;
        ""
}
statement! {
    /// A row of the journal.
    AppendJournal =
        "insert into journal (seq, at, open_from, body) values (" seq: BigInt as i64,
        ", " at: BigInt as i64,
        ", " open_from: BigInt as i64,
        ", " body: Binary as &'a [u8];
        ")"
}
statement! {
    /// Where it can be found.
    AppendJournalIndex =
        "insert into journal_index (seq, first_key, last_key, chats) values (" seq: BigInt as i64,
        ", " first_key: Nullable<BigInt> as Option<i64>,
        ", " last_key: Nullable<BigInt> as Option<i64>,
        ", " chats: Binary as &'a [u8];
        ")"
}
statement! {
    /// The offset of a bot.
    SetOffset =
        "insert into offsets (bot_id, next_update, at) values (" bot_id: BigInt as i64,
        ", " next_update: BigInt as i64,
        ", " at: BigInt as i64;
        ") on conflict (bot_id) do update set next_update = excluded.next_update, at = excluded.at"
}
statement! {
    /// A conversation.
    PutConversation =
        "insert into conversations (bot, chat, sender, state, until_at) values (" bot: Text as &'a str,
        ", " chat: BigInt as i64,
        ", " sender: BigInt as i64,
        ", " state: Text as &'a str,
        ", " until_at: Nullable<BigInt> as Option<i64>;
        ") on conflict (bot, chat, sender) do update \
         set state = excluded.state, until_at = excluded.until_at"
}
statement! {
    /// A choice.
    PutChoice =
        "insert into choices (id, bot, chat, sender, status, body, at) values (" id: BigInt as i64,
        ", " bot: Text as &'a str,
        ", " chat: BigInt as i64,
        ", " sender: BigInt as i64,
        ", " status: Text as &'a str,
        ", " body: Text as &'a str,
        ", " at: BigInt as i64;
        ") on conflict (id) do update set chat = excluded.chat, sender = excluded.sender, \
         status = excluded.status, body = excluded.body, at = excluded.at"
}
statement! {
    /// A message is written, unless it is there.
    InsertMessage =
        "insert into messages (key, channel, bot, chat, thread, lane, kind, state, not_before, keep, \
         body, reply_to, update_bot, update_id, created_at) values (" key: BigInt as i64,
        ", " channel: Text as &'a str,
        ", " bot: Text as &'a str,
        ", " chat: BigInt as i64,
        ", " thread: Nullable<BigInt> as Option<i64>,
        ", " lane: Text as &'a str,
        ", " kind: Text as &'a str,
        ", " state: Text as &'a str,
        ", " not_before: Nullable<BigInt> as Option<i64>,
        ", " keep: Bool as bool,
        ", " body: Text as &'a str,
        ", " reply_to: Nullable<BigInt> as Option<i64>,
        ", " update_bot: Nullable<BigInt> as Option<i64>,
        ", " update_id: Nullable<BigInt> as Option<i64>,
        ", " created_at: BigInt as i64;
        ") on conflict do nothing"
}
statement! {
    /// A message was taken by its channel.
    MarkSent =
        "update messages set state = 'sent', retry_at = null, error_code = null, error_text = null, \
         telegram_message_ids = " ids: Text as &'a str,
        ", sent_at = " at: BigInt as i64,
        ", resent = resent or " resent: Bool as bool,
        ", late = late or " late: Bool as bool,
        " where key = " key: BigInt as i64;
        ""
}
statement! {
    /// A queued message is about to be handed over.
    MarkSending =
        "update messages set state = 'sending' where state = 'queued' and key = " key: BigInt as i64;
        ""
}

/// Rows of one multi-row statement on PostgreSQL: the widest table has 23 columns and a statement
/// holds 65,535 binds. On SQLite rows go one by one through a cached statement, which is faster
/// there than preparing a long one.
pub(super) const ROWS_PER_STATEMENT: usize = 1_000;

/// What [`MarkBatch`] returns.
impl diesel::query_builder::Query for MarkBatch<'_> {
    type SqlType = Text;
}
