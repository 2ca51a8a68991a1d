//! `bots/*.toml`: everything but the keywords.

use super::keywords;
use super::values::{code, is_code, locale, ttl};
use crate::model::{BotCode, Fold, KeywordWords, OnOtherText, Quote, UpdateMode};
use crate::organisation::definitions::{AuthorizationDefinition, BotDefinition, TokenSource};
use crate::organisation::tokens::{SEALED, token_number};
use crate::source::{At, Fields, Span};
use crate::texts::{TemplateProblemKind, TextForm, TextName, check_template};

/// Buttons in a row of the keyboard.
const KEYBOARD_ROW_MAX: usize = 8;
/// A responsible person is reminded so long after he was asked: a question of the morning comes back after
/// lunch.
const REMIND_AFTER_S: i64 = 4 * 3_600;
/// What a file may say instead.
const REMIND_AFTER_RANGE_S: (i64, i64) = (60, 30 * 86_400);
/// A choice stays open this long (D11).
const CHOICE_TTL_S: i64 = 24 * 3600;
/// Choices are kept 30 days: one that stays open longer could not be answered.
const CHOICE_TTL_RANGE_S: (i64, i64) = (60, 30 * 86_400);

pub(super) fn read(fields: Fields<'_, '_>) -> Option<BotDefinition> {
    let code = code(&fields, is_code);
    let name = fields.required_text("name");
    let description = non_empty(fields.text("description"));
    let token = read_token(&fields);
    let main = fields.flag("main").unwrap_or(At {
        value: false,
        span: Span::default(),
    });
    let enabled = fields.flag("enabled").is_none_or(|flag| flag.value);
    let unknown_reply = non_empty(fields.text("unknown_reply"));
    let allow_code = fields.flag("allow_code").is_some_and(|flag| flag.value);
    let code_groups = fields.texts("code_groups").unwrap_or_default();
    let task_menu = fields
        .flag("task_menu")
        .map_or(main.value, |flag| flag.value);
    let keyboard = read_keyboard(&fields);
    let help = fields.flag("help").is_none_or(|flag| flag.value);
    let locale = locale(&fields, "locale");
    let defaults = Fold::default();
    let fold = Fold {
        yo: fields
            .flag("fold_yo")
            .map_or(defaults.yo, |flag| flag.value),
        lookalikes: fields
            .flag("fold_lookalikes")
            .map_or(defaults.lookalikes, |flag| flag.value),
    };
    let on_other_text = fields
        .word("on_other_text")
        .map_or(OnOtherText::default(), |word| word.value);
    let choice_ttl_s = ttl(&fields, "choice_ttl", CHOICE_TTL_RANGE_S).unwrap_or(CHOICE_TTL_S);
    let quote = fields
        .word("quote")
        .map_or(Quote::default(), |word| word.value);
    let mode = fields.word("mode");
    if let Some(At {
        value: UpdateMode::Webhook,
        span,
    }) = mode
    {
        fields.document().error(
            "reserved",
            span,
            "«mode»: webhook пока не поддерживается",
            Some("напишите mode = \"poll\" или уберите строку".to_owned()),
        );
    }
    let authorization = fields
        .table("authorization", "разделе [authorization]")
        .map(|section| read_authorization(&section));
    let texts = read_texts(&fields);
    let keywords = keywords::read(&fields, fold);
    fields.refuse_rest();
    Some(BotDefinition {
        file: fields.document().source().name().to_owned(),
        code: code?.map(|code| BotCode::new(&code)),
        name: name?,
        description,
        token,
        main,
        enabled,
        unknown_reply,
        allow_code,
        code_groups,
        task_menu,
        keyboard,
        help,
        locale,
        fold,
        on_other_text,
        choice_ttl_s,
        quote,
        mode: mode.map_or(UpdateMode::default(), |mode| mode.value),
        authorization,
        texts,
        keywords,
    })
}

/// Rows of the keyboard, each written as the words of a keyword are: `["Цена, Доставка", "Часы"]`.
fn read_keyboard(fields: &Fields<'_, '_>) -> Vec<At<Vec<String>>> {
    let mut rows = Vec::new();
    for row in fields.texts("keyboard").unwrap_or_default() {
        let refuse = |message: &str, hint: &str| {
            let document = fields.document();
            document.error("bad-keyboard", row.span, message, Some(hint.to_owned()));
        };
        match KeywordWords::parse(&row.value) {
            Ok(words) if words.0.is_empty() => refuse(
                "«keyboard»: строка кнопок пуста",
                "впишите тексты кнопок через запятую или уберите строку",
            ),
            Ok(words) if words.0.len() > KEYBOARD_ROW_MAX => refuse(
                "«keyboard»: в строке слишком много кнопок",
                "разделите: больше 8 кнопок в ряд на телефоне не прочесть",
            ),
            Ok(words) => rows.push(At {
                value: words.0,
                span: row.span,
            }),
            Err(error) => {
                let (message, hint) = super::keywords::wrong_words(error);
                refuse(message, hint);
            }
        }
    }
    rows
}

fn non_empty(text: Option<At<String>>) -> Option<At<String>> {
    text.filter(|text| !text.value.trim().is_empty())
}

/// Exactly one of the three keys. A token that is wrong is never repeated in a message.
fn read_token(fields: &Fields<'_, '_>) -> Option<At<TokenSource>> {
    let env = fields.text("token_env");
    let file = fields.text("token_file");
    let literal = fields.text("token");
    let present: Vec<&'static str> = ["token_env", "token_file", "token"]
        .into_iter()
        .filter(|key| fields.has(key))
        .collect();
    match present.as_slice() {
        [] => {
            fields.document().error(
                "missing-token",
                fields.span(),
                "у бота нет токена",
                Some("добавьте token_env = \"ИМЯ_ПЕРЕМЕННОЙ\", token_file = \"путь\" или token = \"…\"; токен выдаёт @BotFather".to_owned()),
            );
            return None;
        }
        [_] => {}
        [first, second, ..] => {
            fields.document().error(
                "several-tokens",
                fields.key_span(second).unwrap_or(fields.span()),
                format!("токен задан дважды: {first} и {second}"),
                Some("оставьте что-то одно".to_owned()),
            );
            return None;
        }
    }
    if let Some(env) = env {
        let good = !env.value.is_empty()
            && !env.value.starts_with(|c: char| c.is_ascii_digit())
            && env
                .value
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if good {
            return Some(env.map(TokenSource::Env));
        }
        fields.document().error(
            "bad-token-env",
            env.span,
            "имя переменной окружения не годится",
            Some(if token_number(&env.value).is_some() {
                "это похоже на сам токен: его пишут в token, а в token_env — имя переменной"
                    .to_owned()
            } else {
                "имя состоит из латинских букв, цифр и _: SHOP_TOKEN".to_owned()
            }),
        );
        return None;
    }
    if let Some(file) = file {
        if file.value.trim().is_empty() {
            fields.document().error(
                "empty-value",
                file.span,
                "«token_file» не может быть пустым",
                Some("впишите путь к файлу с токеном".to_owned()),
            );
            return None;
        }
        return Some(file.map(TokenSource::File));
    }
    let literal = literal?;
    if let Some(sealed) = literal.value.strip_prefix(SEALED) {
        let sealed = sealed.to_owned();
        return Some(literal.map(|_| TokenSource::Sealed(sealed)));
    }
    if token_number(&literal.value).is_none() {
        fields.document().error(
            "bad-token",
            literal.span,
            "это не похоже на токен",
            Some(
                "токен имеет вид число:буквы, его выдаёт @BotFather; скопируйте его целиком"
                    .to_owned(),
            ),
        );
        return None;
    }
    Some(literal.map(TokenSource::Literal))
}

fn read_authorization(section: &Fields<'_, '_>) -> AuthorizationDefinition {
    let enabled = section.flag("enabled").is_none_or(|flag| flag.value);
    let authorization = AuthorizationDefinition {
        enabled,
        prompt: non_empty(section.text("prompt")),
        algorithm: non_empty(section.text("algorithm")),
        scenario: non_empty(section.text("scenario")),
        responsible: non_empty(section.text("responsible")),
        fields: section.texts("fields").unwrap_or_default(),
        remind_after_s: ttl(section, "remind_after", REMIND_AFTER_RANGE_S)
            .unwrap_or(REMIND_AFTER_S),
    };
    section.refuse_rest();
    authorization
}

/// Overridden texts: the name must exist, placeholders must be its own (D20).
fn read_texts(fields: &Fields<'_, '_>) -> Vec<(At<String>, At<String>)> {
    let Some(section) = fields.table("texts", "разделе [texts]") else {
        return Vec::new();
    };
    let document = section.document();
    let mut texts = Vec::new();
    for (key, value) in section.rest() {
        let name = match key.value.parse::<TextName>() {
            Ok(name) => name,
            Err(unknown) => {
                document.error(
                    "unknown-text",
                    key.span,
                    format!("текста «{}» нет", key.value),
                    Some(match unknown.near {
                        Some(near) => format!("возможно, имелось в виду «{}»", near.as_str()),
                        None => "все имена текстов перечислены в docs/texts.md".to_owned(),
                    }),
                );
                continue;
            }
        };
        let Some(template) = value.value.as_str() else {
            document.error(
                "wrong-type",
                value.span,
                format!("«{}»: ожидается текст в кавычках", key.value),
                Some("возьмите значение в двойные кавычки".to_owned()),
            );
            continue;
        };
        check_text(&section, name, template, value.span);
        texts.push((
            key.map(str::to_owned),
            At {
                value: template.to_owned(),
                span: value.span,
            },
        ));
    }
    texts
}

fn check_text(section: &Fields<'_, '_>, name: TextName, template: &str, span: Span) {
    let document = section.document();
    for problem in check_template(name, template) {
        let message = problem.kind.to_string();
        // The texts room says what is wrong and what to do in one sentence.
        let (message, hint) = match message
            .split_once("; ")
            .or_else(|| message.split_once(": "))
        {
            Some((message, hint)) => (message.to_owned(), hint.to_owned()),
            None => (message, "исправьте текст".to_owned()),
        };
        let message = format!("текст «{}»: {message}", name.as_str());
        let at = document.source().within(span, template, problem.offset);
        match problem.kind {
            TemplateProblemKind::UnknownPlaceholder { .. } => {
                document.error("unknown-placeholder", at, message, Some(hint));
            }
            TemplateProblemKind::UnclosedBrace | TemplateProblemKind::StrayBrace => {
                document.error("bad-brace", at, message, Some(hint));
            }
            // Sent as plain text as it stands (D27).
            TemplateProblemKind::Markup(_) => {
                document.warning("bad-html", at, message, Some(hint));
            }
            // A message is sent in parts; a button or a note is refused by Telegram.
            TemplateProblemKind::TooLong { .. } if name.form() == TextForm::Message => {
                document.warning("text-too-long", at, message, Some(hint));
            }
            TemplateProblemKind::TooLong { .. } => {
                document.error("text-too-long", at, message, Some(hint));
            }
            TemplateProblemKind::Blank => {
                document.error("empty-text", at, message, Some(hint));
            }
        }
    }
}
