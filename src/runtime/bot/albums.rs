//! Albums: Telegram sends each of their messages as an update of its own, and a poll often brings only the
//! first of them.
//!
//! Every part is accepted at once as a waiting row, so none can be lost. What belongs together is kept here
//! until it is known to be whole: it has as many parts as an album may have, the person wrote something
//! else, or the next poll, which asks Telegram for a short wait, brought no more of it. Then it is one
//! message: the part with the caption, or the first, with the files of all. Its rows are finished together;
//! whoever starts after a crash finds them all and puts them together again.

use std::cell::RefCell;

use super::queues::{Task, Waiting, Work};
use crate::dialogue::{Incoming, IncomingKind};
use crate::model::{Channel, ConversationKey, Moment, UpdateId};

/// Messages of one album at most.
const PARTS_MAX: usize = Channel::Telegram.limits().album_files;

/// One message of an album: its row waits.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its number.
    pub update_id: UpdateId,
    /// When it came.
    pub received_at: Moment,
    /// What it is.
    pub incoming: Incoming,
}

#[derive(Debug)]
struct Album {
    name: String,
    key: ConversationKey,
    parts: Vec<Part>,
    /// A part of it came with the batch in hand.
    is_fresh: bool,
}

/// The albums of a bot that may go on.
#[derive(Default)]
pub struct Albums(RefCell<Vec<Album>>);

impl Albums {
    /// A part was accepted. Gives the album when it is whole.
    pub fn add(&self, name: &str, key: ConversationKey, part: Part) -> Option<Task> {
        let mut albums = self.0.borrow_mut();
        let found = albums
            .iter()
            .position(|album| album.key == key && album.name == name);
        let index = found.unwrap_or_else(|| {
            albums.push(Album {
                name: name.to_owned(),
                key,
                parts: Vec::new(),
                is_fresh: true,
            });
            albums.len() - 1
        });
        let album = &mut albums[index];
        album.is_fresh = true;
        if album
            .parts
            .iter()
            .all(|known| known.update_id != part.update_id)
        {
            album.parts.push(part);
        }
        (album.parts.len() >= PARTS_MAX).then(|| joined(albums.remove(index).parts))
    }

    /// Whether an album of this conversation may go on.
    pub fn is_open(&self, key: &ConversationKey) -> bool {
        self.0.borrow().iter().any(|album| album.key == *key)
    }

    /// The person wrote something else: his albums are whole.
    pub fn close(&self, key: &ConversationKey) -> Vec<Task> {
        self.take(|album| album.key == *key)
            .into_iter()
            .map(|(_, task)| task)
            .collect()
    }

    /// The batch in hand is done: an album that it brought nothing of is whole.
    pub fn end_batch(&self) -> Vec<(ConversationKey, Task)> {
        let whole = self.take(|album| !album.is_fresh);
        for album in self.0.borrow_mut().iter_mut() {
            album.is_fresh = false;
        }
        whole
    }

    fn take(&self, is_whole: impl Fn(&Album) -> bool) -> Vec<(ConversationKey, Task)> {
        let mut albums = self.0.borrow_mut();
        let (whole, rest) = albums.drain(..).partition(|album| is_whole(album));
        *albums = rest;
        let whole: Vec<Album> = whole;
        whole
            .into_iter()
            .map(|album| (album.key, joined(album.parts)))
            .collect()
    }

    /// Whether the row of an update waits for the rest of its album.
    pub fn holds(&self, update: UpdateId) -> bool {
        let albums = self.0.borrow();
        let mut parts = albums.iter().flat_map(|album| &album.parts);
        parts.any(|part| part.update_id == update)
    }

    /// Forgets them: their rows are read again.
    pub fn clear(&self) {
        self.0.borrow_mut().clear();
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }
}

/// The parts of an album as one message.
pub fn joined(mut parts: Vec<Part>) -> Task {
    parts.sort_by_key(|part| part.update_id);
    let has_words = |part: &Part| matches!(part.incoming.kind, IncomingKind::Text(_));
    let leader = parts.iter().position(has_words).unwrap_or(0);
    let files = parts
        .iter_mut()
        .flat_map(|part| std::mem::take(&mut part.incoming.files))
        .collect();
    let mut leading = parts.remove(leader);
    leading.incoming.files = files;
    Task {
        waiting: Waiting {
            update_id: leading.update_id,
            with: parts.iter().map(|part| part.update_id).collect(),
            received_at: leading.received_at,
            incoming: leading.incoming,
            marked: false,
        },
        work: Work::Decide,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialogue::{Addressed, IncomingFile, Person};
    use crate::model::{ChatId, PersonId};

    fn part(number: i64, caption: &str) -> Part {
        Part {
            update_id: UpdateId(number),
            received_at: Moment(number),
            incoming: Incoming {
                sender: Person {
                    id: PersonId(5),
                    first_name: String::new(),
                    last_name: None,
                    username: None,
                    anonymous: false,
                },
                chat: ChatId(5),
                thread: None,
                message_id: Some(number),
                addressed: Addressed::Private,
                kind: match caption {
                    "" => IncomingKind::Other("photo".into()),
                    text => IncomingKind::Text(text.into()),
                },
                own: true,
                files: vec![IncomingFile {
                    id: number.to_string(),
                    name: format!("{number}.jpg"),
                    size: None,
                    mime: String::new(),
                }],
                phone: None,
            },
        }
    }

    fn key(chat: i64) -> ConversationKey {
        ConversationKey {
            chat: ChatId(chat),
            sender: PersonId(chat),
        }
    }

    /// `leader with others: files`.
    fn shown(task: &Task) -> String {
        let Waiting {
            update_id,
            with,
            incoming,
            ..
        } = &task.waiting;
        let files = incoming.files.iter().map(|file| file.name.as_str());
        let with: Vec<i64> = with.iter().map(|update| update.0).collect();
        format!(
            "{} with {with:?}: {}",
            update_id.0,
            files.collect::<Vec<_>>().join(" ")
        )
    }

    #[test]
    fn an_album_goes_on_over_polls_until_one_brings_none_of_it() {
        let albums = Albums::default();
        assert!(albums.add("a", key(5), part(1, "")).is_none());
        assert!(
            albums.end_batch().is_empty(),
            "the next poll may bring more"
        );
        assert!(albums.holds(UpdateId(1)) && albums.is_open(&key(5)));
        assert!(albums.add("a", key(5), part(2, "Акт")).is_none());
        // The same again, as after a poll whose answer was lost.
        assert!(albums.add("a", key(5), part(2, "Акт")).is_none());
        assert!(albums.end_batch().is_empty());
        let whole = albums.end_batch();
        assert_eq!(shown(&whole[0].1), "2 with [1]: 1.jpg 2.jpg");
        assert!(albums.is_empty());
    }

    #[test]
    fn something_else_of_the_person_or_ten_parts_make_it_whole() {
        let albums = Albums::default();
        albums.add("a", key(5), part(1, "Акт"));
        albums.add("b", key(6), part(2, ""));
        assert_eq!(albums.close(&key(5)).len(), 1);
        assert!(albums.close(&key(5)).is_empty());
        assert!(albums.is_open(&key(6)));
        let mut whole = None;
        for number in 1..=10 {
            assert!(whole.is_none());
            whole = albums.add("c", key(5), part(number, ""));
        }
        let whole = whole.expect("ten are all");
        assert!(shown(&whole).starts_with("1 with [2, 3, 4, 5, 6, 7, 8, 9, 10]: 1.jpg 2.jpg"));
        assert_eq!(whole.waiting.incoming.files.len(), 10);
    }
}
