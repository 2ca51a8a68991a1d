use crate::model::{
    ApplicantData, ApplicantStep, AttributeValue, Authorization, AuthorizationRequest, BotCode,
    Card, CardStep, ChatId, Link, LinkOutcome, LinkResult, MessageKey, Moment, PartyKind, PartyRef,
    PersonId, RequestId, RequestState, Verdict,
};

use super::*;

/// What a link does when it is tried.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Does {
    Passes,
    Fails,
    Raises,
    Hangs,
}

const ALL: [Does; 4] = [Does::Passes, Does::Fails, Does::Raises, Does::Hangs];

fn party() -> PartyRef {
    "counterparty:romashka".parse().expect("a reference")
}

/// Goes through the chain as the caller does; gives the links tried and where it ended.
fn walk(settings: &Authorization, does: impl Fn(Link) -> Does) -> (Vec<Link>, &'static str) {
    let mut tried: Vec<LinkOutcome> = Vec::new();
    let ended = loop {
        assert!(tried.len() <= 3, "the chain ends");
        let (link, began) = match next(settings, &tried) {
            Step::Check(name) => {
                assert_eq!(Some(name), settings.algorithm.as_deref());
                (Link::Algorithm, LinkResult::Found(party()))
            }
            Step::Start(name) => {
                assert_eq!(Some(name), settings.scenario.as_deref());
                (Link::Scenario, LinkResult::Began)
            }
            Step::Ask(name) => {
                assert_eq!(Some(name), settings.responsible.as_deref());
                (Link::Responsible, LinkResult::Began)
            }
            Step::Register(found) => {
                assert_eq!(found, party());
                break "registered";
            }
            Step::Wait => break "waits",
            Step::Fail => break "error",
        };
        tried.push(LinkOutcome {
            link,
            result: match does(link) {
                Does::Passes => began,
                // An error, a limit and a plain failure are one thing to the chain (R109, R115).
                Does::Fails | Does::Raises | Does::Hangs => LinkResult::Failed,
            },
            reason: String::new(),
        });
    };
    (tried.iter().map(|tried| tried.link).collect(), ended)
}

#[test]
fn r113_r117_all_combinations_of_settings_with_each_link_passing_failing_raising_and_hanging() {
    let mut rows = 0;
    for combination in 0..8u8 {
        let set = |bit: u8, name: &str| (combination & bit != 0).then(|| name.to_owned());
        let settings = Authorization {
            algorithm: set(1, "А"),
            scenario: set(2, "С"),
            responsible: set(4, "О"),
            ..Authorization::default()
        };
        let links: Vec<Link> = [
            (1, Link::Algorithm),
            (2, Link::Scenario),
            (4, Link::Responsible),
        ]
        .into_iter()
        .filter(|(bit, _)| combination & bit != 0)
        .map(|(_, link)| link)
        .collect();
        for algorithm in ALL {
            for scenario in ALL {
                for responsible in ALL {
                    let does = |link| match link {
                        Link::Algorithm => algorithm,
                        Link::Scenario => scenario,
                        Link::Responsible => responsible,
                    };
                    // The first link that is set and passes decides; all before it were tried, in order.
                    let passes = links.iter().position(|link| does(*link) == Does::Passes);
                    let tried = match passes {
                        Some(at) => links[..=at].to_vec(),
                        None => links.clone(),
                    };
                    let ended = match passes.map(|at| links[at]) {
                        Some(Link::Algorithm) => "registered",
                        Some(Link::Scenario | Link::Responsible) => "waits",
                        None => "error",
                    };
                    assert_eq!(
                        walk(&settings, does),
                        (tried, ended),
                        "{settings:?} {algorithm:?} {scenario:?} {responsible:?}"
                    );
                    rows += 1;
                }
            }
        }
    }
    assert_eq!(rows, 512);
}

#[test]
fn r97_r99_an_applicant_is_led_from_the_prompt_to_his_confirmed_data() {
    let data = |text: &str| ApplicantData {
        text: text.to_owned(),
        ..ApplicantData::default()
    };
    let enter = ApplicantStep::Enter;
    let confirm = ApplicantStep::Confirm {
        data: data("раз"),
        question: MessageKey(1),
    };
    let check = |step: Option<&ApplicantStep>, input: ApplicantInput, expected: ApplicantAct| {
        assert_eq!(act(step, input.clone()), expected, "{step:?} {input:?}");
    };
    // Not begun: whatever it is but the button, it is answered with the prompt.
    check(None, ApplicantInput::Begin, ApplicantAct::Ask);
    for input in [
        ApplicantInput::Data(data("x")),
        ApplicantInput::ForeignContact,
        ApplicantInput::Other,
        ApplicantInput::Send,
        ApplicantInput::Correct,
        ApplicantInput::Cancel,
        ApplicantInput::OldButton,
    ] {
        check(None, input, ApplicantAct::Prompt);
    }
    // Nothing is sent before it was read back.
    for input in [
        ApplicantInput::Begin,
        ApplicantInput::Other,
        ApplicantInput::Send,
        ApplicantInput::Correct,
        ApplicantInput::OldButton,
    ] {
        check(Some(&enter), input, ApplicantAct::Ask);
    }
    let read_back = |text| ApplicantAct::ReadBack(data(text));
    for step in [&enter, &confirm] {
        check(
            Some(step),
            ApplicantInput::Data(data("два")),
            read_back("два"),
        );
        check(Some(step), ApplicantInput::Cancel, ApplicantAct::Cancelled);
        let foreign = ApplicantInput::ForeignContact;
        check(Some(step), foreign, ApplicantAct::NotYourContact);
    }
    check(
        Some(&confirm),
        ApplicantInput::Send,
        ApplicantAct::Submit(data("раз")),
    );
    check(Some(&confirm), ApplicantInput::Correct, ApplicantAct::Ask);
    // An old button sends nothing: the data that would be sent are shown again.
    check(Some(&confirm), ApplicantInput::OldButton, read_back("раз"));
    check(Some(&confirm), ApplicantInput::Other, read_back("раз"));
}

#[test]
fn buttons_read_back_and_nothing_else_is_read() {
    let question = MessageKey(i64::MAX);
    let request = RequestId(1_700_000_000_000);
    let buttons = [
        Button::Applicant(ApplicantButton::Begin),
        Button::Applicant(ApplicantButton::Send(question)),
        Button::Applicant(ApplicantButton::Correct(question)),
        Button::Applicant(ApplicantButton::Cancel(question)),
        Button::Card(request, CardButton::Accept),
        Button::Card(request, CardButton::Pick(7)),
        Button::Card(request, CardButton::Find),
        Button::Card(request, CardButton::Create),
        Button::Card(request, CardButton::Kind(PartyKind::User)),
        Button::Card(request, CardButton::Kind(PartyKind::Partner)),
        Button::Card(request, CardButton::Kind(PartyKind::Counterparty)),
        Button::Card(request, CardButton::Suggested(PartyKind::User)),
        Button::Card(request, CardButton::Suggested(PartyKind::Partner)),
        Button::Card(request, CardButton::Suggested(PartyKind::Counterparty)),
        Button::Card(request, CardButton::Reject),
        Button::Card(request, CardButton::NoReason),
        Button::Card(request, CardButton::Back),
    ];
    for button in buttons {
        let data = format(button);
        assert!(data.len() <= 64, "{data}");
        assert_eq!(parse(&data), Some(button), "{data}");
    }
    for data in [
        "",
        "auth=",
        "auth=s",
        "auth=s-1",
        "auth=z1",
        "auth=яя",
        "req=",
        "req=1",
        "req=1:",
        "req=1:p",
        "req=1:p+1",
        "req=1:p1234",
        "req=1:q",
        "req=x:a",
        "1a:v0",
        "req=-1:a",
    ] {
        assert_eq!(parse(data), None, "{data:?}");
    }
}

#[test]
fn d21_the_parts_of_the_data_become_a_party() {
    let fields = [
        "Наименование".to_owned(),
        "ИНН".to_owned(),
        "Город".to_owned(),
    ];
    let data = ApplicantData {
        text: "ООО Ромашка, 7701234567, Москва, Арбат".into(),
        phone: Some("+7900".into()),
        files: Vec::new(),
    };
    let made = party_of(PartyKind::Counterparty, &fields, &data, None).expect("a name");
    assert_eq!(made.name, "ООО Ромашка");
    let attribute = |key: &str| made.attributes.get(key).cloned();
    let text = |text: &str| Some(AttributeValue::Text(text.to_owned()));
    assert_eq!(attribute("inn"), text("7701234567"));
    assert_eq!(attribute("Город"), text("Москва, Арбат"));
    assert_eq!(attribute("phone"), text("+7900"));
    // A name written by hand wins; without any there is no party.
    let named = party_of(PartyKind::User, &fields, &data, Some(" Иванов ")).expect("a name");
    assert_eq!(named.name, "Иванов");
    assert_eq!(party_of(PartyKind::User, &[], &data, None), None);
    assert_eq!(party_of(PartyKind::User, &[], &data, Some("  ")), None);
    let skipped = ["-".to_owned(), "Наименование".to_owned()];
    assert_eq!(
        parts(&skipped, "x, y"),
        [("Наименование".to_owned(), "y".to_owned())]
    );
}

#[test]
fn d21_parties_are_looked_up_by_what_is_surest_first() {
    let found = looks("ООО Ромашка, 7701234567, a@b.ru", Some("8 (900) 111-22-33"));
    let at = |look: Look| {
        found
            .iter()
            .position(|known| *known == look)
            .unwrap_or_else(|| panic!("{look:?} in {found:?}"))
    };
    let inn = at(Look::Attribute("inn", "7701234567".into()));
    let email = at(Look::Attribute("email", "a@b.ru".into()));
    let phone = at(Look::Attribute("phone", "+79001112233".into()));
    let name = at(Look::Name("ООО Ромашка".into()));
    at(Look::Code("ООО Ромашка".into()));
    assert!(phone < inn && inn < email && email < name, "{found:?}");
}

fn request(state: RequestState, taken_by: Option<&str>) -> AuthorizationRequest {
    let card = |user: &str| Card {
        user: user.parse().expect("a user"),
        bot: BotCode::new("main"),
        chat: ChatId(1),
        message: MessageKey(1),
    };
    AuthorizationRequest {
        id: RequestId(1),
        bot: BotCode::new("shop"),
        chat: ChatId(5),
        person: PersonId(5),
        first_name: "Иван".into(),
        last_name: None,
        username: None,
        data: ApplicantData {
            text: "ООО Новая, 77".into(),
            ..ApplicantData::default()
        },
        links: Vec::new(),
        state,
        version: 1,
        created_at: Moment(0),
        cards: vec![card("user:ivanov"), card("user:petrov")],
        taken_by: taken_by.map(|user| user.parse().expect("a user")),
        offered: vec![party()],
        remind_at: None,
        reminded: 0,
        decided_at: None,
        decided_by: None,
        party: None,
        reason: None,
    }
}

#[test]
fn d21_a_card_is_decided_once_and_by_those_who_were_asked() {
    let fields = ["Наименование".to_owned()];
    let fitting = [Fitting {
        party: party(),
        name: "ООО Ромашка".into(),
        detail: "77".into(),
    }];
    let check = |request: Option<&AuthorizationRequest>,
                 user: Option<&str>,
                 input: CardInput<'_>,
                 expected: CardAct| {
        let user: Option<PartyRef> = user.map(|user| user.parse().expect("a user"));
        let view = CardView {
            request,
            user: user.as_ref(),
            fitting: &fitting,
            fields: &fields,
        };
        let act = decide(&view, input.clone());
        assert_eq!(act, expected, "{user:?} {input:?}");
    };
    let open = request(RequestState::Waiting, None);
    let ivanov = Some("user:ivanov");
    let press = CardInput::Press;
    check(None, ivanov, press(CardButton::Accept), CardAct::Gone);
    // Nobody, somebody who was not asked.
    for stranger in [None, Some("user:sidorov"), Some("partner:ivanov")] {
        for input in [
            press(CardButton::Accept),
            press(CardButton::NoReason),
            CardInput::Words(CardStep::Reason, "нет"),
        ] {
            check(Some(&open), stranger, input, CardAct::NotYours);
        }
    }
    for state in [
        RequestState::Accepted,
        RequestState::Rejected,
        RequestState::Replaced,
        RequestState::Failed,
    ] {
        let decided = request(state, None);
        let act = CardAct::Decided(state);
        check(
            Some(&decided),
            ivanov,
            press(CardButton::NoReason),
            act.clone(),
        );
        check(
            Some(&decided),
            ivanov,
            press(CardButton::Pick(0)),
            act.clone(),
        );
        check(
            Some(&decided),
            ivanov,
            CardInput::Words(CardStep::Reason, "нет"),
            act,
        );
    }
    let others = request(RequestState::Waiting, Some("user:petrov"));
    let by_petrov = CardAct::TakenBy("user:petrov".parse().expect("a user"));
    check(
        Some(&others),
        ivanov,
        press(CardButton::Pick(0)),
        by_petrov.clone(),
    );
    check(Some(&others), ivanov, press(CardButton::Back), by_petrov);
    let petrov = Some("user:petrov");
    check(
        Some(&others),
        petrov,
        press(CardButton::Back),
        CardAct::Release,
    );
    check(Some(&others), petrov, CardInput::Cancel, CardAct::Release);

    let offer = CardAct::Offer(fitting.to_vec());
    check(Some(&open), ivanov, press(CardButton::Accept), offer);
    let accept = CardAct::Decide(Verdict::Accept(party()));
    check(Some(&open), ivanov, press(CardButton::Pick(0)), accept);
    check(
        Some(&open),
        ivanov,
        press(CardButton::Pick(1)),
        CardAct::Stale,
    );
    check(
        Some(&open),
        ivanov,
        press(CardButton::Find),
        CardAct::AskSearch,
    );
    check(
        Some(&open),
        ivanov,
        press(CardButton::Create),
        CardAct::AskKind,
    );
    let named = CardAct::AskName(PartyKind::User, Some("ООО Новая, 77".into()));
    check(
        Some(&open),
        ivanov,
        press(CardButton::Kind(PartyKind::User)),
        named,
    );
    check(
        Some(&open),
        ivanov,
        press(CardButton::Reject),
        CardAct::AskReason,
    );
    let refused =
        |reason: Option<&str>| CardAct::Decide(Verdict::Reject(reason.map(str::to_owned)));
    check(
        Some(&open),
        ivanov,
        press(CardButton::NoReason),
        refused(None),
    );
    let words = CardInput::Words;
    check(
        Some(&open),
        ivanov,
        words(CardStep::Reason, " нет "),
        refused(Some("нет")),
    );
    for step in [
        CardStep::Reason,
        CardStep::Search,
        CardStep::Name(PartyKind::Partner),
    ] {
        check(
            Some(&open),
            ivanov,
            words(step, "  "),
            CardAct::AskAgain(step),
        );
    }
    let found = CardAct::Found(fitting.to_vec());
    check(Some(&open), ivanov, words(CardStep::Search, "ром"), found);
    let made = party_of(PartyKind::Partner, &fields, &open.data, Some("Север")).expect("a name");
    let created = CardAct::Decide(Verdict::Create(Box::new(made)));
    check(
        Some(&open),
        ivanov,
        words(CardStep::Name(PartyKind::Partner), "Север"),
        created,
    );

    // What was offered is no longer there.
    let view = CardView {
        request: Some(&open),
        user: Some(&"user:ivanov".parse().expect("a user")),
        fitting: &[],
        fields: &fields,
    };
    assert_eq!(decide(&view, press(CardButton::Pick(0))), CardAct::Stale);
}
