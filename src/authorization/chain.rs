//! The chain: algorithm, then scenario, then responsible person, then the error (R113-R117).

use crate::model::{Authorization, Link, LinkOutcome, LinkResult, PartyRef};

/// Why a scenario did not start (D22): missing, deleted, with a manual start, not permitted, or an error.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotStarted(pub String);

/// What comes next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step<'a> {
    /// This algorithm looks at the data.
    Check(&'a str),
    /// This scenario is started.
    Start(&'a str),
    /// This person, or group, is asked.
    Ask(&'a str),
    /// The chat is linked to this party.
    Register(PartyRef),
    /// A link is at work.
    Wait,
    /// Nothing is left: the applicant reads the error.
    Fail,
}

/// What comes next, by the links that were tried, in order. A link that is not set is passed over.
pub fn next<'a>(settings: &'a Authorization, tried: &[LinkOutcome]) -> Step<'a> {
    let last = tried.last();
    match last.map(|outcome| &outcome.result) {
        Some(LinkResult::Found(party)) => return Step::Register(party.clone()),
        Some(LinkResult::Began) => return Step::Wait,
        Some(LinkResult::Failed) | None => {}
    }
    let is_left = |link: Link| last.is_none_or(|last| last.link < link);
    if let Some(algorithm) = settings.algorithm.as_deref()
        && is_left(Link::Algorithm)
    {
        return Step::Check(algorithm);
    }
    if let Some(scenario) = settings.scenario.as_deref()
        && is_left(Link::Scenario)
    {
        return Step::Start(scenario);
    }
    if let Some(responsible) = settings.responsible.as_deref()
        && is_left(Link::Responsible)
    {
        return Step::Ask(responsible);
    }
    Step::Fail
}
