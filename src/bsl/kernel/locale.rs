//! The two locales in which values are shown: Russian, 1C's own here, and English. Names of months
//! and weekdays, separators, words for true and false.

/// A language of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Locale {
    /// Russian.
    #[default]
    Ru,
    /// English.
    En,
}

impl Locale {
    /// From a code such as `ru`, `ru_RU`, `en-US`; `None` for a language that we do not have.
    #[must_use]
    pub fn parse(code: &str) -> Option<Locale> {
        let language = code.trim().split(['_', '-']).next().unwrap_or("");
        match language.to_ascii_lowercase().as_str() {
            "ru" => Some(Locale::Ru),
            "en" => Some(Locale::En),
            _ => None,
        }
    }

    /// Between whole part and fraction.
    #[must_use]
    pub fn decimal_separator(self) -> char {
        match self {
            Locale::Ru => ',',
            Locale::En => '.',
        }
    }

    /// Between groups of digits; in Russian the no-break space.
    #[must_use]
    pub fn group_separator(self) -> char {
        match self {
            Locale::Ru => '\u{a0}',
            Locale::En => ',',
        }
    }

    /// Да/Нет (English, believed: Yes/No).
    #[must_use]
    pub fn boolean(self, value: bool) -> &'static str {
        match (self, value) {
            (Locale::Ru, true) => "Да",
            (Locale::Ru, false) => "Нет",
            (Locale::En, true) => "Yes",
            (Locale::En, false) => "No",
        }
    }

    /// The month's name as it stands alone: Январь.
    #[must_use]
    pub fn month(self, month: u32) -> &'static str {
        pick(
            match self {
                Locale::Ru => &[
                    "Январь",
                    "Февраль",
                    "Март",
                    "Апрель",
                    "Май",
                    "Июнь",
                    "Июль",
                    "Август",
                    "Сентябрь",
                    "Октябрь",
                    "Ноябрь",
                    "Декабрь",
                ],
                Locale::En => ENGLISH_MONTHS,
            },
            month,
        )
    }

    /// The month's name after a day: (2) января.
    #[must_use]
    pub fn month_after_day(self, month: u32) -> &'static str {
        pick(
            match self {
                Locale::Ru => &[
                    "января",
                    "февраля",
                    "марта",
                    "апреля",
                    "мая",
                    "июня",
                    "июля",
                    "августа",
                    "сентября",
                    "октября",
                    "ноября",
                    "декабря",
                ],
                Locale::En => ENGLISH_MONTHS,
            },
            month,
        )
    }

    /// Three letters of the month.
    #[must_use]
    pub fn month_short(self, month: u32) -> &'static str {
        pick(
            match self {
                Locale::Ru => &[
                    "янв", "фев", "мар", "апр", "май", "июн", "июл", "авг", "сен", "окт", "ноя",
                    "дек",
                ],
                Locale::En => &[
                    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov",
                    "Dec",
                ],
            },
            month,
        )
    }

    /// The weekday's name, Monday is 1.
    #[must_use]
    pub fn weekday(self, weekday: u32) -> &'static str {
        pick(
            match self {
                Locale::Ru => &[
                    "понедельник",
                    "вторник",
                    "среда",
                    "четверг",
                    "пятница",
                    "суббота",
                    "воскресенье",
                ],
                Locale::En => &[
                    "Monday",
                    "Tuesday",
                    "Wednesday",
                    "Thursday",
                    "Friday",
                    "Saturday",
                    "Sunday",
                ],
            },
            weekday,
        )
    }

    /// The weekday in two or three letters.
    #[must_use]
    pub fn weekday_short(self, weekday: u32) -> &'static str {
        pick(
            match self {
                Locale::Ru => &["Пн", "Вт", "Ср", "Чт", "Пт", "Сб", "Вс"],
                Locale::En => &["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
            },
            weekday,
        )
    }
}

const ENGLISH_MONTHS: &[&str] = &[
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// By a number that counts from 1; nothing for one outside.
fn pick(names: &[&'static str], number: u32) -> &'static str {
    (number as usize)
        .checked_sub(1)
        .and_then(|index| names.get(index))
        .copied()
        .unwrap_or("")
}
