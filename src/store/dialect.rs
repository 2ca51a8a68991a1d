//! The few pieces of SQL that are not Diesel's own words: constant fragments (typed, so that the
//! statement is cached) and what differs between the engines.

use diesel::backend::Backend;
use diesel::expression::{
    AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate,
};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};

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
    /// The condition of the index `choices_open`.
    ChoiceOpen: Bool = "choices.status = 'open'"
}
constant! {
    /// The condition of the index `choices_closed`.
    ChoiceClosed: Bool = "choices.status = 'closed'"
}
constant! {
    /// The number of the current transaction of PostgreSQL.
    CurrentXid: Text = "pg_current_xact_id()::text"
}

/// Rows of one multi-row statement on PostgreSQL: the widest table has 23 columns and a statement
/// holds 65,535 binds. On SQLite rows go one by one through a cached statement, which is faster
/// there than preparing a long one.
pub(super) const ROWS_PER_STATEMENT: usize = 1_000;
