//! Faults that the server must survive, each on both engines: a real `vestnik serve` is killed,
//! starved and lied to, and afterwards the database and the simulated Telegram are held against what
//! people wrote (docs/testing.md).

mod authorization;
mod bots;
mod child;
mod clock;
mod crashes;
mod database;
mod kill;
mod nodes;
mod scripts;
mod stop;
mod telegram;

/// Makes of each named case a test per engine; a case takes its database.
macro_rules! on_both {
    ($($case:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $case() { super::$case($crate::store::Db::sqlite()); })+
        }
        mod postgres {
            $(#[test] fn $case() {
                if let Some(db) = $crate::store::Db::postgres() { super::$case(db); }
            })+
        }
    };
}
pub(crate) use on_both;
