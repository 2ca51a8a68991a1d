use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use utoipa_actix_web::AppExt;

use super::*;

fn document() -> Value {
    let (_, document) = App::new()
        .into_utoipa_app()
        .openapi(openapi::shared())
        .configure(operations)
        .split_for_parts();
    serde_json::to_value(document).expect("JSON")
}

/// Each operation with its method and path.
fn described(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let operations = paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().expect("methods").iter();
        methods.map(move |(method, operation)| (format!("{method} {path}"), operation))
    });
    operations.collect()
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk(value: &Value, document: &Value) {
        match value {
            Value::Object(map) => {
                if let Some(Value::String(reference)) = map.get("$ref") {
                    let pointer = reference.strip_prefix('#').expect("a local reference");
                    assert!(document.pointer(pointer).is_some(), "{reference}");
                }
                map.values().for_each(|value| walk(value, document));
            }
            Value::Array(items) => items.iter().for_each(|value| walk(value, document)),
            _ => {}
        }
    }
    let document = document();
    walk(&document, &document);
}

/// A handler that is written down and not registered would be neither served nor described.
#[test]
fn every_handler_of_this_room_is_described_and_nothing_else() {
    let mut written = BTreeSet::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http");
    for entry in std::fs::read_dir(folder).expect("the room") {
        let source = std::fs::read_to_string(entry.expect("a file").path()).expect("a source");
        for line in source.lines() {
            for method in ["get", "post", "put", "patch", "delete"] {
                if let Some(path) = line
                    .strip_prefix(&format!("#[{method}(\""))
                    .and_then(|rest| rest.strip_suffix("\")]"))
                {
                    written.insert(format!("{method} {path}"));
                }
            }
        }
    }
    let document = document();
    let described = described(&document);
    let names: BTreeSet<String> = described.iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(names, written);
    assert!(names.contains("post /api/v1/bots/{code}/start"));
}

#[test]
fn every_operation_says_what_it_is_and_what_it_may_answer() {
    let document = document();
    let mut ids = BTreeSet::new();
    for (name, operation) in described(&document) {
        let id = operation["operationId"].as_str().expect("an id");
        assert!(ids.insert(id.to_owned()), "{id} twice");
        let summary = operation["summary"].as_str().unwrap_or_default();
        assert!(!summary.is_empty(), "{name}: {operation}");
        let answers = operation["responses"].as_object().expect("answers");
        let done = answers.get("200").or_else(|| answers.get("201"));
        let done = done.is_some_and(|done| done["content"].is_object());
        assert!(done, "{name}: {operation}");
        let required = operation["security"].as_array();
        let needs_token =
            required.is_some_and(|all| !all.iter().any(|one| *one == serde_json::json!({})));
        for status in ["401", "403", "503"] {
            assert!(
                answers.contains_key(status) || !needs_token,
                "{name}: {status}"
            );
        }
        assert!(answers.contains_key("404") || !name.contains('{'), "{name}");
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let said = parameter["description"].as_str().unwrap_or_default();
            assert!(!said.is_empty(), "{name}: {parameter}");
        }
    }
}

#[test]
fn schemas_say_what_the_answers_hold() {
    let document = document();
    let check = |pointer: &str, expected: Value| {
        let found = document.pointer(&format!("/components/schemas{pointer}"));
        assert_eq!(found, Some(&expected), "{pointer}");
    };
    check(
        "/UpdateState/enum",
        serde_json::json!(["pending", "done", "failed", "refused"]),
    );
    check(
        "/BotStatus/allOf/0",
        serde_json::json!({"$ref": "#/components/schemas/BotState"}),
    );
    check(
        "/BotStatus/allOf/1/required",
        serde_json::json!(["code", "name", "enabled", "starts", "failures"]),
    );
    check(
        "/Problem/required",
        serde_json::json!(["type", "title", "status", "code", "detail"]),
    );
    check("/Moment/format", serde_json::json!("date-time"));
    check("/Moment/type", serde_json::json!("string"));
}
