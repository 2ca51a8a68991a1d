//! A database with a few parties and bots, and a way to run a text in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use vestnik::model::{
    AttributeValue, BotCode, Channel, ChatId, HistoryStep, IdSource, Locale, Moment, Party,
    PartyKind, PartyRef, Registration, ScriptFailure, ScriptProgram, ScriptReply, ScriptRequest,
    TelegramBotId, UpdateId,
};
use vestnik::scripting::http::{AllowList, HttpLimits, Transport};
use vestnik::scripting::{Algorithm, Caller, Control, Library, Run, ScriptLimits, Services, run};
use vestnik::settings::ScriptSettings;
use vestnik::store::{By, Store, lease, parties, registrations};

use crate::store::Db;

pub struct Stage {
    pub store: Store,
    pub services: Services,
    pub caller: Caller,
    pub bots: Vec<BotCode>,
    /// The folder of the database, where nobody else keeps it.
    db: Option<Db>,
}

/// 2024-05-06 07:08:09 UTC.
pub const NOW: Moment = Moment(1_714_979_289_000_000);

pub fn party(kind: PartyKind, code: &str, name: &str) -> Party {
    Party {
        reference: PartyRef {
            kind,
            code: code.to_owned(),
        },
        name: name.to_owned(),
        groups: Vec::new(),
        time_zone: None,
        language: None,
        deleted: false,
        attributes: BTreeMap::new(),
    }
}

pub fn registration(bot: &str, chat: i64, party: &Party) -> Registration {
    Registration {
        bot: BotCode::new(bot),
        chat: ChatId(chat),
        party: party.reference.clone(),
    }
}

impl Stage {
    /// On a SQLite database of its own.
    pub fn sqlite() -> Stage {
        let db = Db::sqlite();
        let mut stage = Stage::new(&db);
        stage.db = Some(db);
        stage
    }

    pub fn new(db: &Db) -> Stage {
        let store = db.open();
        let claim = lease::Claim {
            node: store.node().to_owned(),
            now: NOW,
            ttl_micros: 3_600_000_000,
            dead: None,
        };
        let acquired = store.write_blocking(move |c| lease::acquire(c, &claim));
        let Ok(lease::Acquired::Ours(epoch)) = acquired else {
            panic!("the lease is free");
        };
        store.set_epoch(Some(epoch));
        let ids: Arc<dyn IdSource + Send + Sync> = Arc::clone(store.ids()) as _;
        let stage = Stage {
            services: Services {
                store: store.clone(),
                transport: Transport::new(AllowList::default(), HttpLimits::default()),
                now: Arc::new(|| NOW),
                ids,
                fenced: true,
                limits: ScriptLimits::from_settings(&ScriptSettings::default()),
            },
            store,
            caller: Caller {
                files: Vec::new(),
                bot: BotCode::new("main"),
                chat: ChatId(1001),
                thread: None,
                person_name: "Иван".to_owned(),
                phone: Some("+79990000000".to_owned()),
                party: None,
                time_zone: "Europe/Moscow".to_owned(),
                locale: Locale::Ru,
                update: Some((TelegramBotId(77), UpdateId(5))),
            },
            bots: vec![BotCode::new("main"), BotCode::new("shop")],
            db: None,
        };
        stage.fill();
        stage
    }

    fn fill(&self) {
        let mut alpha = party(PartyKind::Counterparty, "A-1", "ООО Альфа");
        alpha
            .attributes
            .insert("inn".into(), AttributeValue::Text("7701234567".into()));
        alpha
            .attributes
            .insert("Город".into(), AttributeValue::Text("Москва".into()));
        alpha
            .attributes
            .insert("Скидка".into(), AttributeValue::Number("12.5".into()));
        let beta = party(PartyKind::Partner, "000000001", "Бета");
        alpha.attributes.insert(
            "partner".into(),
            AttributeValue::Party(beta.reference.clone()),
        );
        let gamma = party(PartyKind::Counterparty, "G", "Гамма");
        let ivan = party(PartyKind::User, "ivanov", "Иванов Иван");
        let petr = party(PartyKind::User, "petrov", "Петров Петр");
        let links = [
            registration("main", 1001, &ivan),
            registration("main", 1002, &petr),
            registration("shop", 1002, &petr),
            registration("shop", 2001, &alpha),
        ];
        self.store
            .write_blocking(move |c| {
                for party in [&alpha, &beta, &gamma, &ivan, &petr] {
                    parties::put(c, party)?;
                }
                for link in &links {
                    registrations::register(c, Channel::Telegram, link, NOW, &By::System)?;
                }
                Ok(())
            })
            .expect("filled");
    }

    pub fn with_party(mut self, kind: PartyKind, code: &str) -> Stage {
        let code = code.to_owned();
        self.caller.party = Some(PartyRef { kind, code });
        self
    }

    pub fn library(&self, modules: &[(&str, bool, &str)]) -> Library {
        let algorithms = modules
            .iter()
            .map(|(name, common, text)| algorithm(name, *common, text))
            .collect();
        Library::compile(algorithms, &self.bots)
    }

    pub fn run_in(
        &self,
        library: &Library,
        program: ScriptProgram,
        history: Vec<HistoryStep>,
    ) -> Run {
        let request = ScriptRequest {
            program,
            text: "ООО Альфа, 7701234567".to_owned(),
            keyword: "Слово".to_owned(),
            history,
        };
        run(
            &self.services,
            library,
            &request,
            &self.caller,
            &Control::default(),
        )
    }

    /// Runs a text as an algorithm.
    pub fn run(&self, text: &str) -> Run {
        let library = self.library(&[("Проба", false, text)]);
        assert_eq!(library.problems(), &[], "{text}");
        self.run_in(
            &library,
            ScriptProgram::Algorithm("Проба".into()),
            Vec::new(),
        )
    }

    /// Runs, commits what was written, and gives the reply's text: an error stands after `!`.
    pub fn say(&self, text: &str) -> String {
        let run = self.run(text);
        if let Some(lent) = run.lent {
            lent.commit().expect("committed");
        }
        shown(&run.outcome.reply)
    }

    pub fn chat(&self, text: &str) -> String {
        let library = self.library(&[(
            "Общий",
            true,
            "Функция Пять() Экспорт Возврат 5; КонецФункции
            Функция Найти(Код) Экспорт Возврат Справочники.Контрагенты.НайтиПоКоду(Код); КонецФункции",
        )]);
        let run = self.run_in(&library, ScriptProgram::Code(text.into()), Vec::new());
        shown(&run.outcome.reply)
    }
}

pub fn algorithm(name: &str, common: bool, text: &str) -> Algorithm {
    Algorithm {
        name: name.to_owned(),
        short_name: None,
        telegram: true,
        common_module: common,
        file: format!("algorithms/{name}.bsl"),
        source: text.to_owned(),
        revision: 3,
    }
}

/// An error without the line that says in which call it happened.
fn without_call(text: &str) -> String {
    let mut lines: Vec<&str> = text.split('\n').collect();
    if let [first, because, ..] = lines.as_slice()
        && let Some((place, _)) = first.split_once(": Ошибка при вызове метода контекста (")
        && *because == "по причине:"
    {
        let rest = lines.split_off(2).join("\n");
        return format!("{place}: {rest}");
    }
    text.to_owned()
}

pub fn shown(reply: &Result<ScriptReply, ScriptFailure>) -> String {
    match reply {
        Ok(ScriptReply::Nothing) => "—".to_owned(),
        Ok(ScriptReply::Text(text) | ScriptReply::Party { text, .. }) => {
            text.to_markup().into_owned()
        }
        Ok(ScriptReply::Choice(variants)) => {
            let texts: Vec<&str> = variants.iter().map(|one| one.text.as_str()).collect();
            format!("[{}]", texts.join("|"))
        }
        Ok(ScriptReply::Message {
            text,
            files,
            buttons,
        }) => {
            let text = text.as_ref().map(|text| text.to_markup().into_owned());
            let files: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
            let buttons: Vec<&str> = buttons.iter().map(|one| one.text.as_str()).collect();
            format!("{text:?} {files:?} {buttons:?}")
        }
        Err(ScriptFailure::Error(text)) => format!("!{}", without_call(text)),
        Err(ScriptFailure::Limit { whole, .. }) => format!("!!{whole}"),
        Err(other) => format!("!{other:?}"),
    }
}
