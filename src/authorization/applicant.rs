//! What a stranger goes through before anything is checked: the prompt, his data, their confirmation
//! (R96-R99).

use crate::model::{ApplicantData, ApplicantStep};

/// What he did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ApplicantInput {
    /// He asked to enter his data.
    Begin,
    /// He wrote a text, sent his own contact or a text with files.
    Data(ApplicantData),
    /// He sent the contact of somebody else.
    ForeignContact,
    /// He sent something that is no data: files without a text, a sticker.
    Other,
    /// «Отправить».
    Send,
    /// «Исправить».
    Correct,
    /// «Отмена».
    Cancel,
    /// A button below data that were read back before those that are now.
    OldButton,
}

/// What comes of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ApplicantAct {
    /// The prompt with its button.
    Prompt,
    /// He is asked for his data.
    Ask,
    /// His data are read back.
    ReadBack(ApplicantData),
    /// They go through the chain.
    Submit(ApplicantData),
    /// He is told that the contact is not his, and asked again.
    NotYourContact,
    /// What he began is forgotten.
    Cancelled,
}

/// What comes of it, by how far he has come (`None`: not begun).
pub fn act(step: Option<&ApplicantStep>, input: ApplicantInput) -> ApplicantAct {
    match (step, input) {
        (_, ApplicantInput::Begin) => ApplicantAct::Ask,
        (Some(_), ApplicantInput::Cancel) => ApplicantAct::Cancelled,
        (None, _) => ApplicantAct::Prompt,
        // What is written after the question is the data again, corrected.
        (Some(_), ApplicantInput::Data(data)) => ApplicantAct::ReadBack(data),
        (Some(_), ApplicantInput::ForeignContact) => ApplicantAct::NotYourContact,
        (Some(ApplicantStep::Confirm { data, .. }), ApplicantInput::Send) => {
            ApplicantAct::Submit(data.clone())
        }
        (
            Some(ApplicantStep::Confirm { data, .. }),
            ApplicantInput::OldButton | ApplicantInput::Other,
        ) => ApplicantAct::ReadBack(data.clone()),
        (Some(_), ApplicantInput::Correct) => ApplicantAct::Ask,
        (
            Some(ApplicantStep::Enter),
            ApplicantInput::Send | ApplicantInput::OldButton | ApplicantInput::Other,
        ) => ApplicantAct::Ask,
    }
}
