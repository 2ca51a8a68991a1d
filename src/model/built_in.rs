//! The built-in commands of a bot (R65-R71, D3-D5): their words, stated once for the rules that
//! answer, the check that finds them in the way of keywords, and Telegram's list.

/// Whether tasks and processes are connected, and with them the commands of the task menu.
const TASKS_WORK: bool = false;

/// A built-in command.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BuiltIn {
    /// The greeting; leaves what is open.
    Start,
    /// What works here. A keyword of that name answers instead.
    Help,
    /// The key by which an administrator registers the person.
    MyKey,
    /// Puts the panel of task commands up (R67).
    Menu,
    /// Takes the panel away (R68).
    NoMenu,
    /// What the person has to do (R69).
    Tasks,
    /// A task by a line or step by step (R70).
    NewTask,
    /// A process by a chosen scenario (R71).
    NewProcess,
    /// Leaves what is open; a command only while something is (D3).
    Cancel,
}

impl BuiltIn {
    /// All, in the order of Telegram's list (D5).
    pub const ALL: [BuiltIn; 9] = [
        BuiltIn::Start,
        BuiltIn::Help,
        BuiltIn::MyKey,
        BuiltIn::Menu,
        BuiltIn::NoMenu,
        BuiltIn::Tasks,
        BuiltIn::NewTask,
        BuiltIn::NewProcess,
        BuiltIn::Cancel,
    ];

    /// The Latin command with its slash (D5), lower case.
    pub fn command(self) -> &'static str {
        match self {
            BuiltIn::Start => "/start",
            BuiltIn::Help => "/help",
            BuiltIn::MyKey => "/mykey",
            BuiltIn::Menu => "/menu",
            BuiltIn::NoMenu => "/nomenu",
            BuiltIn::Tasks => "/tasks",
            BuiltIn::NewTask => "/newtask",
            BuiltIn::NewProcess => "/newprocess",
            BuiltIn::Cancel => "/cancel",
        }
    }

    /// The Russian words as people are told of them, the full one first. They match folded (D4), and
    /// hold no letter that a bot's settings fold another way.
    pub fn words(self) -> &'static [&'static str] {
        match self {
            BuiltIn::Start => &["Старт"],
            BuiltIn::Help => &["Помощь"],
            BuiltIn::MyKey => &["Мой ключ", "мк"],
            BuiltIn::Menu => &["Меню"],
            BuiltIn::NoMenu => &["Без меню", "бм"],
            BuiltIn::Tasks => &["Мои задачи", "мз", "Задачи"],
            BuiltIn::NewTask => &["Новая задача", "нз"],
            BuiltIn::NewProcess => &["Новый процесс", "нп"],
            BuiltIn::Cancel => &["Отмена"],
        }
    }

    /// Is one of the task menu's (D3): answers where the bot's `task_menu` is on. Those that put the panel up
    /// and take it away also answer where the bot has a keyboard of its own.
    pub fn needs_task_menu(self) -> bool {
        match self {
            BuiltIn::Start | BuiltIn::Help | BuiltIn::MyKey | BuiltIn::Cancel => false,
            BuiltIn::Menu
            | BuiltIn::NoMenu
            | BuiltIn::Tasks
            | BuiltIn::NewTask
            | BuiltIn::NewProcess => true,
        }
    }

    /// Whether a bot answers it.
    pub fn answers_in(self, task_menu: bool, has_keyboard: bool) -> bool {
        let is_panel = matches!(self, BuiltIn::Menu | BuiltIn::NoMenu);
        !self.needs_task_menu() || task_menu || (has_keyboard && is_panel)
    }

    /// Whether it is offered: in Telegram's list and by /help. One that only says that it does not work yet
    /// is answered, but nobody is led to it.
    pub fn is_offered(self, has_keyboard: bool) -> bool {
        TASKS_WORK || self.answers_in(false, has_keyboard)
    }

    /// Whether a keyword of that name answers instead.
    pub fn gives_way(self) -> bool {
        self == BuiltIn::Help
    }

    /// The commands that a bot answers.
    pub fn of_bot(task_menu: bool, has_keyboard: bool) -> impl Iterator<Item = BuiltIn> {
        BuiltIn::ALL
            .into_iter()
            .filter(move |built_in| built_in.answers_in(task_menu, has_keyboard))
    }
}
