//! `scenarios/*.toml`. The process engine gives them life; here their shape and names are checked.

use std::collections::HashMap;

use super::values::{code, is_code, term, who};
use crate::model::nearest;
use crate::organisation::definitions::{
    FieldDefinition, NextDefinition, NotificationDefinition, ScenarioDefinition, StepDefinition,
};
use crate::source::Fields;

pub(super) fn read(fields: Fields<'_, '_>) -> Option<ScenarioDefinition> {
    let code = code(&fields, is_code);
    let name = fields.required_text("name");
    let manual_start = fields.flag("manual_start").is_some_and(|flag| flag.value);
    let deadline = term(&fields, "deadline");
    let available_to = fields.texts("available_to").unwrap_or_default();
    let default_performer = fields
        .text("default_performer")
        .filter(|text| !text.value.is_empty())
        .and_then(|text| who(&fields, text, false));
    let entries = fields.tables("step", "записи [[step]]");
    if entries.is_empty() && !fields.has("step") {
        fields.missing(
            "step",
            Some("добавьте хотя бы один шаг: [[step]]".to_owned()),
        );
    }
    let steps: Vec<StepDefinition> = entries
        .into_iter()
        .filter_map(|entry| {
            let step = read_step(&entry);
            entry.refuse_rest();
            step
        })
        .collect();
    let notifications = fields
        .tables("notification", "записи [[notification]]")
        .into_iter()
        .filter_map(|entry| {
            let notification = read_notification(&entry);
            entry.refuse_rest();
            notification
        })
        .collect();
    fields.refuse_rest();
    check_steps(&fields, &steps);
    Some(ScenarioDefinition {
        file: fields.document().source().name().to_owned(),
        code: code?,
        name: name?.value,
        manual_start,
        deadline,
        available_to,
        default_performer,
        steps,
        notifications,
    })
}

fn read_step(entry: &Fields<'_, '_>) -> Option<StepDefinition> {
    let code = code(entry, is_code);
    let name = entry.text("name").map(|name| name.value);
    if !entry.has("kind") {
        entry.missing("kind", Some("добавьте строку kind = \"task\"".to_owned()));
    }
    let kind = entry.word("kind");
    let performer = entry
        .text("performer")
        .filter(|text| !text.value.is_empty())
        .and_then(|text| who(entry, text, false));
    let deadline = term(entry, "deadline");
    let important = entry.flag("important").is_some_and(|flag| flag.value);
    let outcomes = entry.texts("outcomes").unwrap_or_default();
    let algorithm = entry.text("algorithm");
    let scenario = entry.text("scenario");
    let fields = entry
        .tables("field", "поле шага")
        .into_iter()
        .filter_map(|field| {
            let name = field.required_text("name");
            if !field.has("type") {
                field.missing("type", Some("добавьте type = \"text\"".to_owned()));
            }
            let kind = field.word("type");
            let required = field.flag("required").is_some_and(|flag| flag.value);
            let shown = field.flag("shown").is_none_or(|flag| flag.value);
            field.refuse_rest();
            Some(FieldDefinition {
                name: name?,
                kind: kind?.value,
                required,
                shown,
            })
        })
        .collect();
    let next = entry
        .tables("next", "переходе шага")
        .into_iter()
        .filter_map(|next| {
            let outcome = next.text("outcome");
            let step = next.required_text("step");
            next.refuse_rest();
            Some(NextDefinition {
                outcome,
                step: step?,
            })
        })
        .collect();
    Some(StepDefinition {
        code: code?,
        name,
        kind: kind?.value,
        performer,
        deadline,
        important,
        outcomes,
        fields,
        next,
        algorithm,
        scenario,
    })
}

fn read_notification(entry: &Fields<'_, '_>) -> Option<NotificationDefinition> {
    for key in ["event", "channel", "recipients"] {
        if !entry.has(key) {
            entry.missing(key, Some(format!("добавьте строку {key} = …")));
        }
    }
    let event = entry.word("event");
    let channel = entry.word("channel");
    let recipients = entry.texts("recipients").map(|recipients| {
        if recipients.is_empty() {
            entry.document().error(
                "empty-value",
                entry.key_span("recipients").unwrap_or(entry.span()),
                "у оповещения нет получателей",
                Some("напишите, например, recipients = [\"performer\"]".to_owned()),
            );
        }
        recipients
            .into_iter()
            .filter_map(|text| who(entry, text, true))
            .collect()
    });
    let text = entry.required_text("text");
    let card = entry.flag("card").is_some_and(|flag| flag.value);
    let attachments = entry.flag("attachments").is_some_and(|flag| flag.value);
    Some(NotificationDefinition {
        event: event?.value,
        channel: channel?.value,
        recipients: recipients?,
        text: text?,
        card,
        attachments,
    })
}

/// Codes are unique, ways lead to steps, and an outcome of a way is one of its step's.
fn check_steps(fields: &Fields<'_, '_>, steps: &[StepDefinition]) {
    let document = fields.document();
    let mut seen = HashMap::new();
    for step in steps {
        if let Some(first) = seen.insert(step.code.value.as_str(), step.code.span) {
            let place = document.source().place(first);
            document.error(
                "duplicate-code",
                step.code.span,
                format!("шаг «{}» уже есть: {place}", step.code.value),
                Some("дайте шагу другой код".to_owned()),
            );
        }
    }
    for step in steps {
        for next in &step.next {
            if !seen.contains_key(next.step.value.as_str()) {
                let near = nearest(
                    &next.step.value,
                    steps.iter().map(|step| step.code.value.as_str()),
                );
                document.error(
                    "unknown-step",
                    next.step.span,
                    format!("шага «{}» нет", next.step.value),
                    Some(match near {
                        Some(near) => format!("возможно, имелось в виду «{near}»"),
                        None => "добавьте шаг или исправьте код".to_owned(),
                    }),
                );
            }
            let Some(outcome) = &next.outcome else {
                continue;
            };
            if !step
                .outcomes
                .iter()
                .any(|known| known.value == outcome.value)
            {
                let near = nearest(
                    &outcome.value,
                    step.outcomes.iter().map(|known| known.value.as_str()),
                );
                document.error(
                    "unknown-outcome",
                    outcome.span,
                    format!(
                        "у шага «{}» нет варианта «{}»",
                        step.code.value, outcome.value
                    ),
                    Some(match near {
                        Some(near) => format!("возможно, имелось в виду «{near}»"),
                        None => "допишите вариант в outcomes".to_owned(),
                    }),
                );
            }
        }
    }
}
