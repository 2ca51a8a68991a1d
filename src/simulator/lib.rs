//! A twin of the Telegram Bot API with a chat page, for the demo, the tests and bot authors.
//!
//! It answers bots as Telegram does, at `/bot<TOKEN>/<method>`, and lets people be played: over
//! HTTP at `/sim/…`, on the page at `/`, or in process through [`Simulator`]. Faults and a virtual
//! clock make the rare cases of a bot's life repeatable. It knows nothing of Vestnik: any bot that
//! speaks HTTP can be tried with it.
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
mod calls;
mod clock;
mod entry;
mod faults;
mod files;
mod keyboard;
mod params;
mod people;
mod rng;
mod server;
mod simulator;
mod wire;
mod world;

pub use calls::{Call, CallFilter};
pub use entry::{Entry, EntryKind, FileInfo, Sender};
pub use faults::{Fault, FaultKind};
pub use keyboard::{Button, Keyboard, Rows};
pub use people::{Press, Pressed, Say};
pub use simulator::{BotInfo, ChatInfo, Simulator, SimulatorConfig, SimulatorHandle, run_blocking};

#[cfg(test)]
mod tests;
