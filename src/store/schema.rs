//! The tables as Diesel sees them, one text for both engines: moments are BigInt microseconds of
//! Unix time UTC, JSON is Text. `tests/store/schema.rs` holds it against the migrated databases.
#![allow(missing_docs)] // the columns are told in the migrations

diesel::table! { meta (key) { key -> Text, value -> Text, } }

diesel::table! {
    lease (id) { id -> BigInt, node -> Text, epoch -> BigInt, expires_at -> BigInt, }
}

diesel::table! {
    inbox (seq) {
        seq -> BigInt,
        channel -> Text,
        bot_id -> BigInt,
        update_id -> BigInt,
        bot -> Text,
        chat -> Nullable<BigInt>,
        sender -> Nullable<BigInt>,
        state -> Text,
        crashes -> Integer,
        personal -> Bool,
        raw -> Nullable<Text>,
        received_at -> BigInt,
        handled_at -> Nullable<BigInt>,
        trace -> Nullable<Text>,
    }
}

diesel::table! {
    journal (seq) { seq -> BigInt, at -> BigInt, open_from -> BigInt, body -> Binary, }
}

diesel::table! {
    journal_index (seq) {
        seq -> BigInt,
        first_key -> Nullable<BigInt>,
        last_key -> Nullable<BigInt>,
        chats -> Binary,
    }
}

diesel::table! {
    offsets (bot_id) {
        bot_id -> BigInt,
        next_update -> BigInt,
        at -> BigInt,
        first_update -> Nullable<BigInt>,
    }
}

diesel::table! {
    update_ranges (bot_id, first_update) {
        bot_id -> BigInt,
        first_update -> BigInt,
        next_update -> BigInt,
        at -> BigInt,
    }
}

diesel::table! {
    conversations (bot, chat, sender) {
        bot -> Text,
        chat -> BigInt,
        sender -> BigInt,
        state -> Text,
        until_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    choices (id) {
        id -> BigInt,
        bot -> Text,
        chat -> BigInt,
        sender -> BigInt,
        status -> Text,
        body -> Text,
        at -> BigInt,
    }
}

diesel::table! {
    messages (key) {
        key -> BigInt,
        channel -> Text,
        bot -> Text,
        chat -> BigInt,
        thread -> Nullable<BigInt>,
        lane -> Text,
        kind -> Text,
        state -> Text,
        not_before -> Nullable<BigInt>,
        retry_at -> Nullable<BigInt>,
        tries -> Integer,
        resent -> Bool,
        late -> Bool,
        keep -> Bool,
        body -> Nullable<Text>,
        reply_to -> Nullable<BigInt>,
        update_bot -> Nullable<BigInt>,
        update_id -> Nullable<BigInt>,
        telegram_message_ids -> Nullable<Text>,
        error_code -> Nullable<Integer>,
        error_text -> Nullable<Text>,
        created_at -> BigInt,
        sent_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    pauses (channel, bot, chat) {
        channel -> Text,
        bot -> Text,
        chat -> BigInt,
        until_at -> BigInt,
        set_at -> BigInt,
    }
}

diesel::table! {
    alarms (place) {
        place -> Text,
        told_at -> BigInt,
    }
}

diesel::table! {
    chats (channel, bot, chat) {
        channel -> Text,
        bot -> Text,
        chat -> BigInt,
        blocked_at -> Nullable<BigInt>,
        reason -> Nullable<Text>,
        migrated_to -> Nullable<BigInt>,
    }
}

diesel::table! {
    bots (code) {
        code -> Text,
        channel -> Text,
        telegram_id -> Nullable<BigInt>,
        username -> Nullable<Text>,
        token -> Text,
        file_enabled -> Bool,
        enabled -> Bool,
        revision -> BigInt,
        deleted -> Bool,
    }
}

diesel::table! { party_groups (code) { code -> Text, name -> Text, } }

diesel::table! {
    parties (kind, code) {
        kind -> Text,
        code -> Text,
        name -> Text,
        time_zone -> Nullable<Text>,
        language -> Nullable<Text>,
        deleted -> Bool,
        attributes -> Text,
        version -> BigInt,
        code_key -> Nullable<Text>,
        name_key -> Nullable<Text>,
    }
}

diesel::table! {
    party_members (party_group, kind, code) { party_group -> Text, kind -> Text, code -> Text, }
}

diesel::table! {
    party_attributes (kind, code, name) {
        kind -> Text,
        code -> Text,
        name -> Text,
        value -> Text,
        name_key -> Nullable<Text>,
        value_folded -> Nullable<Text>,
    }
}

diesel::table! {
    registrations (channel, bot, chat) {
        channel -> Text,
        bot -> Text,
        chat -> BigInt,
        party_kind -> Text,
        party_code -> Text,
        created_at -> BigInt,
        created_by -> Text,
        revoked_at -> Nullable<BigInt>,
        revoked_by -> Nullable<Text>,
        version -> BigInt,
    }
}

diesel::table! {
    definition_files (path, revision) {
        path -> Text,
        revision -> BigInt,
        until_revision -> Nullable<BigInt>,
        bytes -> Binary,
        sha256 -> Text,
    }
}

diesel::table! {
    revisions (id) { id -> BigInt, at -> BigInt, author -> Text, note -> Text, }
}

diesel::table! {
    events (id) {
        id -> BigInt,
        stream -> Text,
        seq -> BigInt,
        kind -> Text,
        version -> Integer,
        at -> BigInt,
        author -> Text,
        cause -> Nullable<Text>,
        payload -> Text,
        handled_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    authorization_requests (id) {
        id -> BigInt,
        bot -> Text,
        chat -> BigInt,
        state -> Text,
        version -> BigInt,
        created_at -> BigInt,
        decided_at -> Nullable<BigInt>,
        remind_at -> Nullable<BigInt>,
        body -> Text,
    }
}

diesel::table! {
    registration_links (id) {
        id -> BigInt,
        bot -> Text,
        hash -> Text,
        version -> BigInt,
        expires_at -> BigInt,
        body -> Text,
    }
}

diesel::table! {
    idempotency (token, key) {
        token -> Text,
        key -> Text,
        request_hash -> Text,
        status -> Integer,
        body -> Text,
        at -> BigInt,
    }
}

diesel::table! {
    audit (id) {
        id -> BigInt,
        at -> BigInt,
        author -> Text,
        action -> Text,
        object -> Text,
        detail -> Text,
    }
}

diesel::table! {
    api_tokens (id) {
        id -> BigInt,
        hash -> Text,
        name -> Text,
        scopes -> Text,
        party -> Nullable<Text>,
        created_at -> BigInt,
        created_by -> Text,
        last_used_at -> Nullable<BigInt>,
        revoked_at -> Nullable<BigInt>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(parties, party_members, party_attributes);
