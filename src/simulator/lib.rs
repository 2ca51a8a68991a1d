//! A twin of the Telegram Bot API with a chat page, for the demo, the tests and bot authors.
//!
//! It answers bots as Telegram does, at `/bot<TOKEN>/<method>`, and lets people be played: over
//! HTTP at `/sim/…`, on the page at `/`, or in process through [`Simulator`]. Faults and a virtual
//! clock make the rare cases of a bot's life repeatable. It knows nothing of Vestnik: any bot that
//! speaks HTTP can be tried with it.
//!
//! | room | what it is | must not know |
//! |---|---|---|
//! | `world/` | bots, people, chats, messages, files, faults, the clock; the Bot API's objects | HTTP |
//! | `api/` | the Bot API: methods, their checks and errors | the people's side, the page |
//! | `people/` | what people do, and `/sim/…` | the Bot API's methods, the page |
//! | `page/` | the chat page, which speaks to `/sim/…` | all the others |
//! | `http/` | what both sides read requests with | all the others |
//!
//! ```
//! use vestnik_simulator::{Say, Simulator, SimulatorConfig};
//! let simulator = Simulator::start(SimulatorConfig::default())?;
//! // A bot polls simulator.url(); meanwhile a person writes to it.
//! let message = simulator.say(42, Say::text(1001, "Привет"))?;
//! assert_eq!(simulator.messages(42, 1001, 0)[0].message_id, message);
//! simulator.stop();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod api;
mod http;
mod page;
mod people;
mod server;
mod simulator;
mod world;

pub use people::{Attachment, Forward, Press, Pressed, Say, Suggestions, Via};
pub use simulator::{Simulator, SimulatorConfig, SimulatorHandle, run_blocking};
pub use world::{
    BotInfo, Button, Call, CallFilter, ChatInfo, ClockInfo, Entry, EntryKind, Fault, FaultKind,
    FileInfo, FileKind, Keyboard, Rows, Sender, TopicInfo,
};

#[cfg(test)]
mod tests;
