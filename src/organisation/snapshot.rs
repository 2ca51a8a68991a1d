//! A bot's definition into the snapshot that its actor works with.

use super::definitions::{
    BotDefinition, ChoiceSettings, KeywordDefinition, KindDefinition, ParentRecord,
    VariantsDefinition,
};
use crate::model::{
    Authorization, Bot, BotTexts, Choice, Keyword, KeywordId, KeywordKind, KeywordTree,
    KeywordTreeBuilder, Locale, RichText, Variants,
};
use crate::source::At;

/// The snapshot of a definition without errors. `locale` is the organisation's.
pub fn bot_snapshot(bot: &BotDefinition, revision: i64, locale: Locale) -> Bot {
    Bot {
        code: bot.code.value.clone(),
        name: bot.name.value.clone(),
        description: RichText::authored(
            bot.description
                .as_ref()
                .map_or("", |text| text.value.as_str()),
        ),
        main: bot.main.value,
        unknown_reply: bot
            .unknown_reply
            .as_ref()
            .map(|text| RichText::authored(&text.value)),
        allow_code: bot.allow_code,
        code_groups: bot
            .code_groups
            .iter()
            .map(|group| group.value.clone())
            .collect(),
        task_menu: bot.task_menu,
        keyboard: bot.keyboard.iter().map(|row| row.value.clone()).collect(),
        help: bot.help,
        locale: bot.locale.unwrap_or(locale),
        fold: bot.fold,
        on_other_text: bot.on_other_text,
        choice_ttl_s: bot.choice_ttl_s,
        quote: bot.quote,
        mode: bot.mode,
        responsible: bot
            .authorization
            .as_ref()
            .and_then(|authorization| Some(authorization.responsible.as_ref()?.value.clone())),
        authorization: bot
            .authorization
            .as_ref()
            .filter(|authorization| authorization.enabled)
            .map(|authorization| {
                let value =
                    |field: &Option<At<String>>| field.as_ref().map(|text| text.value.clone());
                Authorization {
                    prompt: value(&authorization.prompt),
                    algorithm: value(&authorization.algorithm),
                    scenario: value(&authorization.scenario),
                    responsible: value(&authorization.responsible),
                    fields: authorization
                        .fields
                        .iter()
                        .map(|field| field.value.clone())
                        .collect(),
                    remind_after_s: authorization.remind_after_s,
                }
            }),
        texts: BotTexts(
            bot.texts
                .iter()
                .map(|(name, text)| (name.value.clone(), text.value.clone()))
                .collect(),
        ),
        keywords: keyword_tree(bot),
        revision,
    }
}

/// The live records, parents before their children, aliases tied last (R138, D13).
fn keyword_tree(bot: &BotDefinition) -> KeywordTree {
    let live = bot.live();
    let mut builder = KeywordTreeBuilder::default();
    let mut ids: Vec<Option<KeywordId>> = vec![None; bot.keywords.len()];
    let mut aliases = Vec::new();
    for (start, _) in live.iter().enumerate().filter(|&(_, &live)| live) {
        // A file may write children first: the way up to the first record that is already there.
        let mut way = Vec::new();
        let mut at = Some(start);
        while let Some(record) = at.filter(|&record| ids[record].is_none()) {
            way.push(record);
            at = match bot.keywords[record].parent {
                ParentRecord::Record(parent) => Some(parent as usize),
                ParentRecord::Top | ParentRecord::Missing => None,
            };
        }
        for record in way.into_iter().rev() {
            let keyword = &bot.keywords[record];
            let parent = match keyword.parent {
                ParentRecord::Record(parent) => ids[parent as usize],
                ParentRecord::Top | ParentRecord::Missing => None,
            };
            let Some(rule) = rule(keyword, parent) else {
                continue;
            };
            let id = builder.add(rule);
            ids[record] = Some(id);
            if let KindDefinition::Alias {
                record: Some(target),
                ..
            } = &keyword.kind
            {
                aliases.push((id, *target as usize));
            }
        }
    }
    for (alias, target) in aliases {
        if let Some(target) = ids[target] {
            builder.set_alias(alias, target);
        }
    }
    builder.build(bot.fold)
}

fn rule(keyword: &KeywordDefinition, parent: Option<KeywordId>) -> Option<Keyword> {
    let mut choice_settings = None;
    let kind = match &keyword.kind {
        KindDefinition::Text(text) => KeywordKind::Text(RichText::authored(&text.value)),
        KindDefinition::Algorithm { name, settings } => {
            choice_settings = settings.as_deref().map(|settings| {
                Box::new(choice(Variants::Algorithm(name.value.clone()), settings))
            });
            KeywordKind::Algorithm(name.value.clone())
        }
        KindDefinition::Choice(definition) => {
            let variants = match &definition.variants {
                VariantsDefinition::Fixed(variants) => Variants::Fixed(
                    variants
                        .iter()
                        .map(|variant| variant.value.clone())
                        .collect(),
                ),
                VariantsDefinition::Algorithm(name) => Variants::Algorithm(name.value.clone()),
            };
            KeywordKind::Choice(Box::new(choice(variants, &definition.settings)))
        }
        KindDefinition::Alias { .. } => KeywordKind::Alias(None),
        KindDefinition::Unread => return None,
    };
    Some(Keyword {
        words: keyword.words.clone(),
        parent,
        kind,
        choice_settings,
    })
}

fn choice(variants: Variants, settings: &ChoiceSettings) -> Choice {
    Choice {
        title: settings
            .title
            .as_ref()
            .map(|title| RichText::authored(&title.value)),
        variants,
        confirm: settings.confirm,
        columns: settings.columns,
        back: settings.back,
    }
}
