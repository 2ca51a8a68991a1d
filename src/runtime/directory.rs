//! The directory of people: who is linked to which chat, who is in which group, what scripts are told of a
//! party. One for the node, read on every message without asking the database, and never stale.
//!
//! It follows the commits of this process as they are told ([`Changed`]), before whoever made them goes
//! on; what another process wrote (a command beside the server) is read anew when the database's version
//! of people differs ([`Directory::catch_up`], every second). Commits may be told in another order than
//! they were made in, so a row with a lower version never replaces one with a higher.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use parking_lot::RwLock;

use super::jobs;
use crate::model::{AttributeValue, BotCode, ChatId, Party, PartyKind, PartyRef};
use crate::store::{Changed, PartyNow, RegistrationNow, Store};

/// Parties whose facts are kept; with more the memory begins anew. A bot with so many active people
/// reads a row for some of them, others never get here.
const FACTS_MAX: usize = 100_000;

/// What a script is told of a party besides who it is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Facts {
    /// Its IANA time zone, where it has its own.
    pub time_zone: Option<String>,
    /// Its telephone.
    pub phone: Option<String>,
}

impl From<&Party> for Facts {
    fn from(party: &Party) -> Facts {
        let phone = match party.attributes.get("phone") {
            Some(AttributeValue::Text(phone) | AttributeValue::Number(phone)) => {
                Some(phone.clone())
            }
            _ => None,
        };
        Facts {
            time_zone: party.time_zone.clone(),
            phone,
        }
    }
}

/// The directory of a node.
pub struct Directory {
    store: Store,
    people: RwLock<People>,
    /// The database's version of people that was read last.
    version: AtomicI64,
}

#[derive(Default)]
struct People {
    registered: HashMap<BotCode, HashMap<ChatId, Registered>>,
    /// The private chats of users, for reaching them; others are looked up in the database.
    chats: HashMap<PartyRef, Vec<(BotCode, ChatId)>>,
    members: HashMap<PartyRef, Member>,
    /// Users that are or were marked for deletion.
    deleted: HashMap<PartyRef, Mark>,
    facts: HashMap<PartyRef, Known>,
    /// Parties whose facts are being read.
    reading: HashMap<PartyRef, Reading>,
    /// Commits that changed people so far.
    told: u64,
}

struct Registered {
    version: i64,
    /// `None`: revoked.
    party: Option<PartyRef>,
}

struct Member {
    version: i64,
    groups: Vec<String>,
    /// The commit that said so, among those told of; 0: it was read.
    told: u64,
}

struct Mark {
    version: i64,
    deleted: bool,
}

struct Known {
    version: i64,
    facts: Arc<Facts>,
}

#[derive(Default)]
struct Reading {
    readers: usize,
    /// The party was written meanwhile: what was read may be old.
    changed: bool,
}

impl Directory {
    /// Of a store whose commits it follows from now on; empty until [`load`](Self::load).
    pub fn new(store: &Store) -> Arc<Directory> {
        let directory = Arc::new(Directory {
            store: store.clone(),
            people: RwLock::default(),
            version: AtomicI64::new(-1),
        });
        let follower = Arc::downgrade(&directory);
        store.watch(Arc::new(move |changed| {
            if let Some(directory) = follower.upgrade() {
                directory.follow(changed);
            }
        }));
        directory
    }

    /// Reads everything. False: the node is ending.
    pub async fn load(&self) -> bool {
        let told = self.people.read().told;
        let Some(read) = jobs::people::read(&self.store).await else {
            return false;
        };
        {
            let mut people = self.people.write();
            for registration in &read.registrations {
                people.register(registration);
            }
            let mut members: HashMap<PartyRef, Member> = HashMap::new();
            for (party, group, version) in read.memberships {
                let member = members.entry(party).or_insert(Member {
                    version,
                    groups: Vec::new(),
                    told: 0,
                });
                member.groups.push(group);
            }
            // What was told while we read may be younger than what we read.
            for (party, member) in std::mem::take(&mut people.members) {
                let younger = members
                    .get(&party)
                    .is_none_or(|read| read.version < member.version);
                if member.told > told && younger {
                    members.insert(party, member);
                }
            }
            people.members = members;
            for (party, version) in read.deleted {
                people.mark(&party, version, true);
            }
            people.facts.clear();
            for reading in people.reading.values_mut() {
                reading.changed = true;
            }
        }
        self.version.store(read.version, Ordering::Relaxed);
        true
    }

    /// Reads everything anew where another process changed people.
    pub async fn catch_up(&self) {
        let Some(version) = jobs::people::version(&self.store).await else {
            return;
        };
        if version != self.version.load(Ordering::Relaxed) && self.load().await {
            tracing::info!(
                version,
                "people were changed beside the server and are read anew"
            );
        }
    }

    fn follow(&self, changed: &Changed) {
        if !changed.has_people() {
            return;
        }
        let mut people = self.people.write();
        people.told += 1;
        for registration in changed.registrations() {
            people.register(registration);
        }
        for party in changed.parties() {
            people.write(party);
        }
    }

    /// Who a private chat of a bot is linked to.
    pub fn party_of(&self, bot: &BotCode, chat: ChatId) -> Option<PartyRef> {
        self.people.read().party_of(bot, chat).cloned()
    }

    /// Whether a private chat of a bot is linked to somebody, and to somebody in one of these groups.
    pub fn standing(&self, bot: &BotCode, chat: ChatId, groups: &[String]) -> (bool, bool) {
        let people = self.people.read();
        match people.party_of(bot, chat) {
            None => (false, false),
            Some(_) if groups.is_empty() => (true, false),
            Some(party) => {
                let member = people.members.get(party);
                let is_in = |group| member.is_some_and(|member| member.groups.contains(group));
                (true, groups.iter().any(is_in))
            }
        }
    }

    /// The private chat in which a user is reached: the one with the first of these bots that he is
    /// registered with. `None` too for a user marked for deletion.
    ///
    /// Whoever has to tell the responsible person something about a bot asks for that bot first and for
    /// the main one ([`Definitions::main`](super::definitions::Definitions::main)) after it.
    pub fn reach(&self, user: &PartyRef, bots: &[BotCode]) -> Option<(BotCode, ChatId)> {
        self.people.read().reach(user, bots).cloned()
    }

    /// Whether a user is marked for deletion.
    pub fn is_deleted(&self, user: &PartyRef) -> bool {
        self.people.read().is_deleted(user)
    }

    /// The users of a group, by code.
    pub fn members(&self, group: &str) -> Vec<PartyRef> {
        let people = self.people.read();
        let mut members: Vec<PartyRef> = people
            .members
            .iter()
            .filter(|(_, member)| member.groups.iter().any(|of| of == group))
            .map(|(party, _)| party.clone())
            .collect();
        members.sort();
        members
    }

    /// What scripts are told of a party, where it is in memory.
    pub fn facts_at_hand(&self, party: &PartyRef) -> Option<Arc<Facts>> {
        Some(self.people.read().facts.get(party)?.facts.clone())
    }

    /// What scripts are told of a party, read where it is not in memory. `None`: the node is ending.
    pub async fn facts(&self, party: &PartyRef) -> Option<Arc<Facts>> {
        if let Some(facts) = self.facts_at_hand(party) {
            return Some(facts);
        }
        loop {
            self.people
                .write()
                .reading
                .entry(party.clone())
                .or_default()
                .readers += 1;
            let read = jobs::people::party(&self.store, party.clone()).await;
            let mut people = self.people.write();
            let changed = people.has_read(party);
            let (facts, version) = match &read? {
                Some((party, version)) => (Arc::new(Facts::from(party)), *version),
                None => (Arc::default(), 0),
            };
            if changed {
                continue;
            }
            if people.facts.len() >= FACTS_MAX {
                people.facts.clear();
            }
            let known = Known {
                version,
                facts: facts.clone(),
            };
            people.facts.insert(party.clone(), known);
            return Some(facts);
        }
    }
}

impl People {
    fn party_of(&self, bot: &BotCode, chat: ChatId) -> Option<&PartyRef> {
        self.registered.get(bot)?.get(&chat)?.party.as_ref()
    }

    fn register(&mut self, now: &RegistrationNow) {
        let chats = self.registered.entry(now.bot.clone()).or_default();
        let before = match chats.get_mut(&now.chat) {
            Some(known) if known.version >= now.version => return,
            Some(known) => {
                known.version = now.version;
                std::mem::replace(&mut known.party, now.party.clone())
            }
            None => {
                let registered = Registered {
                    version: now.version,
                    party: now.party.clone(),
                };
                chats.insert(now.chat, registered);
                None
            }
        };
        let is_user = |party: &PartyRef| party.kind == PartyKind::User;
        let chat = (now.bot.clone(), now.chat);
        if let Some(before) = before.filter(is_user)
            && let Some(chats) = self.chats.get_mut(&before)
        {
            chats.retain(|known| *known != chat);
        }
        if let Some(party) = now.party.clone().filter(is_user) {
            self.chats.entry(party).or_default().push(chat);
        }
    }

    fn reach(&self, user: &PartyRef, bots: &[BotCode]) -> Option<&(BotCode, ChatId)> {
        if self.is_deleted(user) {
            return None;
        }
        let chats = self.chats.get(user)?;
        bots.iter()
            .find_map(|bot| chats.iter().find(|(of, _)| of == bot))
    }

    fn is_deleted(&self, user: &PartyRef) -> bool {
        self.deleted.get(user).is_some_and(|mark| mark.deleted)
    }

    fn mark(&mut self, user: &PartyRef, version: i64, deleted: bool) {
        match self.deleted.get_mut(user) {
            Some(mark) if mark.version >= version => {}
            None if !deleted => {}
            _ => {
                self.deleted.insert(user.clone(), Mark { version, deleted });
            }
        }
    }

    /// One reader of a party is done: whether the party was written meanwhile.
    fn has_read(&mut self, party: &PartyRef) -> bool {
        let Some(reading) = self.reading.get_mut(party) else {
            return true;
        };
        reading.readers -= 1;
        let changed = reading.changed;
        if reading.readers == 0 {
            self.reading.remove(party);
        }
        changed
    }

    fn write(&mut self, now: &PartyNow) {
        if let Some(reading) = self.reading.get_mut(&now.reference) {
            reading.changed = true;
        }
        let Some(party) = &now.party else {
            // Its groups did not change; what it says of itself is read again.
            self.facts.remove(&now.reference);
            return;
        };
        if now.reference.kind == PartyKind::User {
            self.mark(&now.reference, now.version, party.deleted);
        }
        let is_newer = |version: i64| version < now.version;
        match self.members.get(&now.reference) {
            Some(member) if !is_newer(member.version) => {}
            None if party.groups.is_empty() => {}
            _ => {
                let member = Member {
                    version: now.version,
                    groups: party.groups.clone(),
                    told: self.told,
                };
                self.members.insert(now.reference.clone(), member);
            }
        }
        if let Some(known) = self.facts.get_mut(&now.reference)
            && is_newer(known.version)
        {
            known.version = now.version;
            known.facts = Arc::new(Facts::from(&**party));
        }
    }
}
