//! Faults: what goes wrong, for whom, and how often.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::rng::Rng;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// 429 with `retry_after`.
    TooManyRequests,
    /// A 5xx answer in JSON, as Telegram gives it.
    ServerError,
    /// A page of HTML, as something before Telegram gives it; `status` 502 when not given.
    BadGatewayHtml,
    /// The connection is cut; the call was not carried out.
    CutBefore,
    /// The connection is cut; the call was carried out.
    CutAfter,
    /// The answer comes `delay_ms` later.
    Slow,
    /// 403, the person blocked the bot.
    Blocked,
    /// 403, the bot was thrown out of the group.
    Kicked,
    /// 403, the person's account is gone.
    Deactivated,
    /// 400, there is no such chat.
    ChatNotFound,
    /// 400, the group has become a supergroup with another id.
    Migrated,
    /// 401, the token was revoked.
    Unauthorized,
    /// 409, somebody else polls with this token.
    Conflict,
    /// An update that is not of the shape of the Bot API, before the next good one.
    MalformedUpdate,
    /// Update ids go on from a lower number.
    IdsJump,
    /// The call was carried out, the answer is not JSON.
    BadJson,
    /// The call was carried out, the answer is `size_mb` long.
    Huge,
}

impl FaultKind {
    const NAMES: [(&str, Self); 37] = [
        ("too_many_requests", Self::TooManyRequests),
        ("429", Self::TooManyRequests),
        ("server_error", Self::ServerError),
        ("5xx", Self::ServerError),
        ("500", Self::ServerError),
        ("503", Self::ServerError),
        ("bad_gateway_html", Self::BadGatewayHtml),
        ("502_html", Self::BadGatewayHtml),
        ("502", Self::BadGatewayHtml),
        ("html", Self::BadGatewayHtml),
        ("cut_before", Self::CutBefore),
        ("drop", Self::CutBefore),
        ("cut", Self::CutBefore),
        ("cut_after", Self::CutAfter),
        ("drop_after", Self::CutAfter),
        ("slow", Self::Slow),
        ("delay", Self::Slow),
        ("blocked", Self::Blocked),
        ("kicked", Self::Kicked),
        ("deactivated", Self::Deactivated),
        ("chat_not_found", Self::ChatNotFound),
        ("migrated", Self::Migrated),
        ("migrate", Self::Migrated),
        ("unauthorized", Self::Unauthorized),
        ("unauthorised", Self::Unauthorized),
        ("401", Self::Unauthorized),
        ("conflict", Self::Conflict),
        ("409", Self::Conflict),
        ("malformed_update", Self::MalformedUpdate),
        ("malformed", Self::MalformedUpdate),
        ("ids_jump", Self::IdsJump),
        ("jump", Self::IdsJump),
        ("jump_down", Self::IdsJump),
        ("bad_json", Self::BadJson),
        ("garbage", Self::BadJson),
        ("huge", Self::Huge),
        ("huge_body", Self::Huge),
    ];

    fn parse(text: &str) -> Option<Self> {
        let text = text.to_lowercase().replace('-', "_");
        Self::NAMES
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, kind)| *kind)
    }

    /// A state of the world stays until it is cleared; an accident happens once.
    fn lasts(self) -> bool {
        matches!(
            self,
            Self::Blocked
                | Self::Kicked
                | Self::Deactivated
                | Self::ChatNotFound
                | Self::Unauthorized
                | Self::Conflict
        )
    }

    /// Happens where an update is made, not where a method is called.
    fn at_update(self) -> bool {
        matches!(self, Self::MalformedUpdate | Self::IdsJump)
    }

    /// Is about the chat that a call names.
    fn needs_chat(self) -> bool {
        matches!(
            self,
            Self::Blocked | Self::Kicked | Self::Deactivated | Self::ChatNotFound | Self::Migrated
        )
    }
}

/// The longest answer of `huge`.
const SIZE_MB_MAX: u64 = 1_024;

/// One fault. Without `count` and `probability`, accidents happen once and states of the world
/// (blocked, kicked, deactivated, chat not found, unauthorised, conflict) stay until cleared.
#[derive(Debug, Clone, Serialize)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// The method it happens to, in any case; a `*` at the end matches any ending. `None`: all.
    pub method: Option<String>,
    /// How many times more.
    pub count: Option<u64>,
    /// How likely at each call, 0 to 1; drawn from the seeded generator.
    pub probability: Option<f64>,
    /// Only for this bot.
    pub bot: Option<i64>,
    /// Only for this chat.
    pub chat: Option<i64>,
    /// Of 429, in seconds; 1 when not given.
    pub retry_after: Option<u64>,
    /// Of `slow`, in milliseconds; 1,000 when not given.
    pub delay_ms: Option<u64>,
    /// Of `migrated`: the new id; made from the old one when not given.
    pub migrate_to: Option<i64>,
    /// Of `migrated`: whether the bot is told by service messages too, as Telegram does.
    pub updates: bool,
    /// Of `server_error` and `html`: the status; 500 and 502 when not given.
    pub status: Option<u16>,
    /// Of `html` with a status of 3xx: where it sends to.
    pub location: Option<String>,
    /// Of `huge`: how long the answer is; 64 when not given.
    pub size_mb: Option<u64>,
    /// How often it has happened.
    pub used: u64,
}

impl Fault {
    /// A fault of one kind for everybody, with the defaults of the kind.
    pub fn new(kind: FaultKind) -> Self {
        Self {
            kind,
            method: None,
            count: (!kind.lasts()).then_some(1),
            probability: None,
            bot: None,
            chat: None,
            retry_after: None,
            delay_ms: None,
            migrate_to: None,
            updates: false,
            status: None,
            location: None,
            size_mb: None,
            used: 0,
        }
    }

    /// Only for this method.
    #[must_use]
    pub fn method(self, method: &str) -> Self {
        Self {
            method: Some(method.to_owned()),
            ..self
        }
    }

    /// Only so many times.
    #[must_use]
    pub fn count(self, count: u64) -> Self {
        Self {
            count: Some(count),
            ..self
        }
    }

    /// At each call with this probability, until cleared.
    #[must_use]
    pub fn probability(self, probability: f64) -> Self {
        Self {
            probability: Some(probability),
            count: None,
            ..self
        }
    }

    /// Only for this bot.
    #[must_use]
    pub fn bot(self, bot: i64) -> Self {
        Self {
            bot: Some(bot),
            ..self
        }
    }

    /// Only for this chat.
    #[must_use]
    pub fn chat(self, chat: i64) -> Self {
        Self {
            chat: Some(chat),
            ..self
        }
    }

    /// Reads the JSON of `POST /sim/faults`; unknown keys and kinds are refused by name.
    pub fn from_json(value: &Value) -> Result<Self, String> {
        let object = value.as_object().ok_or("сбой — это объект с \"kind\"")?;
        let kind_text = match object.get("kind") {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => return Err("нет kind: какой это сбой".into()),
        };
        let kind = FaultKind::parse(&kind_text).ok_or_else(|| {
            let names: Vec<_> = FaultKind::NAMES.iter().map(|(name, _)| *name).collect();
            format!("сбоя «{kind_text}» нет; есть {}", names.join(", "))
        })?;
        let mut fault = Self::new(kind);
        if matches!(kind_text.as_str(), "500" | "503") {
            fault.status = kind_text.parse().ok();
        }
        let whole = |key: &str, value: &Value| {
            value
                .as_i64()
                .ok_or_else(|| format!("{key}: нужно целое число"))
        };
        let positive = |key: &str, value: &Value| {
            value
                .as_u64()
                .ok_or_else(|| format!("{key}: нужно целое число от 0"))
        };
        for (key, value) in object {
            if value.is_null() {
                continue;
            }
            match key.as_str() {
                "kind" => {}
                "method" => {
                    let text = value.as_str().ok_or("method: нужен текст")?;
                    fault.method = (!matches!(text, "" | "*")).then(|| text.to_owned());
                }
                "count" => fault.count = Some(positive(key, value)?),
                "probability" => {
                    let probability = value.as_f64().filter(|p| (0.0..=1.0).contains(p));
                    fault.probability =
                        Some(probability.ok_or("probability: нужно число от 0 до 1")?);
                    if !object.contains_key("count") {
                        fault.count = None;
                    }
                }
                "bot" => fault.bot = Some(whole(key, value)?),
                "chat" => fault.chat = Some(whole(key, value)?),
                "retry_after" => fault.retry_after = Some(positive(key, value)?),
                "delay_ms" => fault.delay_ms = Some(positive(key, value)?),
                "migrate_to" => fault.migrate_to = Some(whole(key, value)?),
                "location" => {
                    let text = value.as_str().ok_or("location: нужен адрес")?;
                    fault.location = Some(text.to_owned());
                }
                "size_mb" => fault.size_mb = Some(positive(key, value)?.min(SIZE_MB_MAX)),
                "updates" => {
                    fault.updates = value.as_bool().ok_or("updates: нужно true или false")?;
                }
                "status" => {
                    let (from, words) = match kind {
                        FaultKind::BadGatewayHtml => (300, "status: нужно число от 300 до 599"),
                        _ => (500, "status: нужно число от 500 до 599"),
                    };
                    let status = value.as_u64().filter(|status| (from..600).contains(status));
                    fault.status = Some(status.ok_or(words)? as u16);
                }
                _ => return Err(format!("у сбоя нет ключа «{key}»")),
            }
        }
        Ok(fault)
    }

    fn matches_method(&self, method: &str) -> bool {
        let Some(pattern) = &self.method else {
            return true;
        };
        pattern.split(',').any(|pattern| {
            let pattern = pattern.trim();
            match pattern.strip_suffix('*') {
                Some(start) => method
                    .get(..start.len())
                    .is_some_and(|beginning| beginning.eq_ignore_ascii_case(start)),
                None => pattern.eq_ignore_ascii_case(method),
            }
        })
    }

    /// Whether it happens now; counts it when it does.
    fn happens(&mut self, rng: &mut Rng) -> bool {
        if self.count == Some(0) {
            return false;
        }
        if let Some(probability) = self.probability
            && rng.fraction() >= probability
        {
            return false;
        }
        if let Some(count) = &mut self.count {
            *count -= 1;
        }
        self.used += 1;
        true
    }
}

/// What is going to go wrong with one call.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) delay: Option<Duration>,
    pub(crate) fault: Option<Fault>,
}

/// All faults at work, with the generator that decides about the likely ones.
#[derive(Debug)]
pub(crate) struct Faults {
    pub(crate) seed: u64,
    rng: Rng,
    list: Vec<Fault>,
    version: u64,
}

impl Faults {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            rng: Rng::new(seed),
            list: Vec::new(),
            version: 0,
        }
    }

    pub(crate) fn reseed(&mut self, seed: u64) {
        self.seed = seed;
        self.rng = Rng::new(seed);
    }

    pub(crate) fn add(&mut self, fault: Fault) {
        self.version += 1;
        self.list.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.list.clear();
    }

    pub(crate) fn list(&self) -> &[Fault] {
        &self.list
    }

    /// Changes when a fault is added: a poll that hangs looks again.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    pub(crate) fn rng(&mut self) -> &mut Rng {
        &mut self.rng
    }

    /// Decides about one call. Delays add up; of the others the first that happens counts.
    pub(crate) fn plan(&mut self, bot: i64, method: &str, chat: Option<i64>) -> Plan {
        let mut plan = Plan::default();
        let rng = &mut self.rng;
        for fault in &mut self.list {
            let fits = !fault.kind.at_update()
                && fault.bot.is_none_or(|id| id == bot)
                && (fault.chat.is_none() || fault.chat == chat)
                && (!fault.kind.needs_chat() || chat.is_some())
                && fault.matches_method(method);
            if !fits {
                continue;
            }
            if fault.kind == FaultKind::Slow {
                if fault.happens(rng) {
                    let more = Duration::from_millis(fault.delay_ms.unwrap_or(1_000));
                    plan.delay = Some(plan.delay.unwrap_or_default() + more);
                }
            } else if plan.fault.is_none() && fault.happens(rng) {
                plan.fault = Some(fault.clone());
            }
        }
        self.list.retain(|fault| fault.count != Some(0));
        plan
    }

    /// What happens to the update that is about to be made for a bot.
    pub(crate) fn at_update(&mut self, bot: i64, chat: Option<i64>) -> Vec<FaultKind> {
        if self.list.is_empty() {
            return Vec::new();
        }
        let rng = &mut self.rng;
        let mut kinds = Vec::new();
        for fault in &mut self.list {
            let fits = fault.kind.at_update()
                && fault.bot.is_none_or(|id| id == bot)
                && (fault.chat.is_none() || fault.chat == chat);
            if fits && fault.happens(rng) {
                kinds.push(fault.kind);
            }
        }
        self.list.retain(|fault| fault.count != Some(0));
        kinds
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn happened(faults: &mut Faults, bot: i64, method: &str, chat: Option<i64>) -> String {
        match faults.plan(bot, method, chat).fault {
            Some(fault) => format!("{:?}", fault.kind),
            None => "-".into(),
        }
    }

    #[test]
    fn scope_and_count() {
        let mut faults = Faults::new(1);
        let fault = json!({"kind": 429, "method": "SENDMESSAGE", "count": 2, "bot": 5});
        faults.add(Fault::from_json(&fault).unwrap());
        assert_eq!(happened(&mut faults, 5, "getUpdates", None), "-");
        assert_eq!(happened(&mut faults, 6, "sendMessage", Some(1)), "-");
        assert_eq!(
            happened(&mut faults, 5, "sendMessage", Some(1)),
            "TooManyRequests"
        );
        assert_eq!(
            happened(&mut faults, 5, "sendMessage", Some(2)),
            "TooManyRequests"
        );
        assert_eq!(happened(&mut faults, 5, "sendMessage", Some(2)), "-");
        assert!(faults.list().is_empty());
    }

    #[test]
    fn states_stay_and_need_a_chat() {
        let mut faults = Faults::new(1);
        faults.add(Fault::from_json(&json!({"kind": "blocked", "chat": 7})).unwrap());
        assert_eq!(happened(&mut faults, 1, "getMe", None), "-");
        assert_eq!(happened(&mut faults, 1, "sendMessage", Some(8)), "-");
        for _ in 0..3 {
            assert_eq!(happened(&mut faults, 1, "sendMessage", Some(7)), "Blocked");
        }
    }

    #[test]
    fn delays_add_up_beside_another_fault() {
        let mut faults = Faults::new(1);
        let slow = Fault {
            delay_ms: Some(20),
            ..Fault::new(FaultKind::Slow)
        };
        faults.add(slow.clone());
        faults.add(Fault::new(FaultKind::CutAfter).method("send*"));
        faults.add(slow);
        let plan = faults.plan(1, "sendDocument", Some(1));
        assert_eq!(plan.delay, Some(Duration::from_millis(40)));
        assert_eq!(plan.fault.unwrap().kind, FaultKind::CutAfter);
    }

    #[test]
    fn same_seed_same_accidents() {
        let run = |seed| {
            let mut faults = Faults::new(seed);
            faults.add(Fault::new(FaultKind::ServerError).probability(0.3));
            (0..200)
                .map(|_| faults.plan(1, "getMe", None).fault.is_some())
                .collect::<Vec<_>>()
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
        let share = run(7).iter().filter(|hit| **hit).count();
        assert!((30..90).contains(&share), "{share} of 200");
    }

    #[test]
    fn what_is_refused_is_named() {
        let refused = |value: Value| Fault::from_json(&value).unwrap_err();
        assert!(refused(json!({"kind": "flood"})).contains("flood"));
        assert!(refused(json!({"kind": "slow", "delay": 5})).contains("«delay»"));
        assert!(refused(json!({"kind": "slow", "probability": 2})).contains("probability"));
        assert!(refused(json!({})).contains("kind"));
        assert!(refused(json!({"kind": "5xx", "status": 404})).contains("status"));
    }
}
