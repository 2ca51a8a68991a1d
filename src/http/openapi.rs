//! The description of the control endpoint (OpenAPI 3.1), made of the table of routes that serves it.

use actix_web::{HttpResponse, web};
use serde_json::{Map, Value, json};

use super::{Operation, ROUTES};

/// `GET openapi.json`: open, for it holds no data.
pub async fn show() -> HttpResponse {
    HttpResponse::Ok().json(document())
}

/// The document.
pub fn document() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for operation in ROUTES {
        let entry = paths
            .entry(operation.path)
            .or_insert_with(|| Value::Object(Map::new()));
        if let Some(entry) = entry.as_object_mut() {
            entry.insert(
                operation.method.as_str().to_lowercase(),
                described(operation),
            );
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Vestnik",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Управление ботами: состояние, включение, почему бот так ответил.",
        },
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Создаётся командой vestnik token create",
                },
            },
            "schemas": schemas(),
        },
    })
}

fn described(operation: &Operation) -> Value {
    let in_path = operation.path.contains("{code}").then(|| {
        json!({"name": "code", "in": "path", "required": true, "description": "Код бота",
               "schema": {"type": "string"}})
    });
    let in_query = operation.query.iter().map(|(name, required, what)| {
        json!({"name": name, "in": "query", "required": required, "description": what,
               "schema": {"type": "integer", "format": "int64"}})
    });
    let parameters: Vec<Value> = in_path.into_iter().chain(in_query).collect();
    let body = match operation.answer {
        "" => json!({"text/plain": {"schema": {"type": "string"}}}),
        schema => json!({"application/json": {
            "schema": {"$ref": format!("#/components/schemas/{schema}")}}}),
    };
    let mut responses = json!({"200": {"description": "Сделано", "content": body}});
    let mut described = json!({
        "summary": operation.summary,
        "operationId": operation.id,
        "parameters": parameters,
    });
    if let Some(scope) = operation.scope {
        described["security"] = json!([{"token": [scope.as_str()]}]);
        let problem = json!({"application/problem+json": {
            "schema": {"$ref": "#/components/schemas/Problem"}}});
        responses["401"] = json!({"description": "Нужен токен", "content": problem});
        responses["403"] = json!({"description": "У токена нет права", "content": problem});
        if operation.path.contains("{code}") {
            responses["404"] = json!({"description": "Такого бота нет", "content": problem});
        }
        responses["503"] = json!({"description": "База данных не отвечает", "content": problem});
    }
    described["responses"] = responses;
    described
}

fn schemas() -> Value {
    let moment = json!({"type": "integer", "format": "int64",
                        "description": "Микросекунды от 01.01.1970 UTC"});
    let text = json!({"type": "string"});
    let number = json!({"type": "integer", "format": "int64"});
    json!({
        "Problem": {
            "type": "object",
            "description": "RFC 9457",
            "required": ["type", "title", "status", "code", "detail"],
            "properties": {"type": text, "title": text, "status": number, "code": text, "detail": text},
        },
        "Live": {"type": "object", "properties": {"live": {"type": "boolean"}}},
        "Readiness": {
            "type": "object",
            "properties": {"ready": {"type": "boolean"}, "lease": {"type": "boolean"},
                           "store": {"type": "boolean"}, "uptime_s": number},
        },
        "Document": {"type": "object", "description": "Этот документ"},
        "BotStatus": {
            "type": "object",
            "required": ["code", "name", "state", "enabled"],
            "properties": {
                "code": text, "name": text,
                "state": {"type": "string", "enum": ["running", "off", "waiting", "broken", "stopping"]},
                "reason": {"description": "Почему бот остановился (waiting)"},
                "until": moment,
                "why": {"type": "string", "description": "Что исправить (broken)"},
                "enabled": {"type": "boolean"},
                "username": {"type": ["string", "null"]},
                "starts": number, "failures": number,
            },
        },
        "Bots": {
            "type": "object",
            "required": ["bots"],
            "properties": {"bots": {"type": "array", "items": {"$ref": "#/components/schemas/BotStatus"}}},
        },
        "Bot": {
            "allOf": [{"$ref": "#/components/schemas/BotStatus"}],
            "type": "object",
            "properties": {"actors": {
                "type": ["object", "null"],
                "description": "Снимок работающего бота: правила, счётчики, опрос, отправка",
            }},
        },
        "Traces": {
            "type": "object",
            "required": ["traces"],
            "properties": {
                "traces": {"type": "array", "items": {
                    "type": "object",
                    "required": ["update", "state", "received_at", "steps"],
                    "properties": {
                        "update": number, "sender": {"type": ["integer", "null"]},
                        "state": {"type": "string", "enum": ["pending", "done", "failed", "refused"]},
                        "received_at": moment, "handled_at": moment,
                        "steps": {"type": "array", "items": text},
                    },
                }},
                "next": {"type": "integer", "description": "Значение before следующей страницы"},
            },
        },
    })
}

/// Registers every route of the table.
pub fn register(config: &mut web::ServiceConfig) {
    for operation in ROUTES {
        config.route(operation.path, (operation.route)());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let mut ids: Vec<&str> = ROUTES.iter().map(|operation| operation.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), ROUTES.len(), "an id each");
    }
}
