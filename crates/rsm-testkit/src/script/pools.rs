//! Lines about pools and what is owned in them, and about what leaves a library.

use super::bed::Done;
use super::calls::{number, value_of};
use super::{Story, span_ms};
use rsm_model::call::{AllocateCall, Call, CreatePoolCall, InformationToSet, MembersToSet};
use rsm_model::ids::Guid;

impl Story {
    /// `start|queue|force MEDIUM`, `start null`, `stop REQUEST`.
    pub(super) fn eject(&mut self, words: &[&str]) -> Done<Call> {
        let [action, name] = words else { return Err("eject WHO ACTION NAME".to_string()) };
        let id = self.named(name)?;
        Ok(match *action {
            "start" => Call::Eject { medium: id, operation: None, action: 0 },
            "stop" => Call::Eject { medium: None, operation: id, action: 1 },
            "queue" => Call::Eject { medium: id, operation: None, action: 2 },
            "force" => Call::Eject { medium: id, operation: None, action: 3 },
            other => return Err(format!("{other} is no way to eject")),
        })
    }

    /// `start`, `stop REQUEST`: of the cleaner of `lab`.
    pub(super) fn eject_cleaner(&mut self, words: &[&str]) -> Done<Call> {
        let library = self.named("lab")?;
        Ok(match words {
            ["start"] => Call::EjectCleaner { library, operation: None, action: 0 },
            ["stop", request] => Call::EjectCleaner { library, operation: self.named(request)?, action: 1 },
            other => return Err(format!("{other:?} is no way to eject a cleaner")),
        })
    }

    /// `start`, `many`, `stop REQUEST`, `retract REQUEST`: into `lab`.
    pub(super) fn inject(&mut self, words: &[&str]) -> Done<Call> {
        let library = self.named("lab")?;
        Ok(match words {
            ["start"] => Call::Inject { library, operation: None, action: 0 },
            ["many"] => Call::Inject { library, operation: None, action: 3 },
            ["stop", request] => Call::Inject { library, operation: self.named(request)?, action: 1 },
            ["retract", request] => Call::Inject { library, operation: self.named(request)?, action: 2 },
            other => return Err(format!("{other:?} is no way to inject")),
        })
    }

    /// `start CLEANINGS`, `stop REQUEST`: a cleaner into `lab`.
    pub(super) fn inject_cleaner(&mut self, words: &[&str]) -> Done<Call> {
        let library = self.named("lab")?;
        Ok(match words {
            ["start", count] => {
                let cleanings = number(count)?;
                Call::InjectCleaner { library, operation: None, cleanings, action: 0 }
            }
            ["stop", request] => {
                Call::InjectCleaner { library, operation: self.named(request)?, cleanings: 0, action: 1 }
            }
            other => return Err(format!("{other:?} is no way to bring a cleaner")),
        })
    }

    /// The call of a line about pools.
    pub(super) fn pool_call(&mut self, verb: &str, words: &[&str]) -> Done<Call> {
        Ok(match verb {
            "pool" => self.create_pool(words)?,
            "move" => {
                let [medium, pool] = words else { return Err("move WHO MEDIUM POOL".to_string()) };
                Call::MoveToPool { medium: self.named(medium)?, pool: self.named(pool)? }
            }
            "allocate" => self.allocate(words)?,
            "deallocate" => {
                let [logical, ..] = words else { return Err("deallocate WHO LMID".to_string()) };
                let options = value_of(words, "options").map(number).transpose()?.unwrap_or(0);
                Call::Deallocate { logical: self.named(logical)?, options }
            }
            "set-pool" => self.set_pool(words)?,
            _ => {
                let most = value_of(words, "most").map(number).transpose()?.unwrap_or(0);
                let library = value_of(words, "library").map(|name| self.object(name)).transpose()?;
                let media = words.iter().filter(|word| !word.contains('='));
                let media = media.map(|name| self.object(name)).collect::<Done<_>>()?;
                Call::Classify { library, media, most }
            }
        })
    }

    /// An object, or `null`.
    pub(super) fn named(&mut self, name: &str) -> Done<Option<Guid>> {
        if name == "null" { Ok(None) } else { self.object(name).map(Some) }
    }

    /// `create|open|always PATH [type=LTO-6]`.
    fn create_pool(&mut self, words: &[&str]) -> Done<Call> {
        let [action, path, rest @ ..] = words else {
            return Err("pool WHO create|open|always PATH".to_string());
        };
        let action = match *action {
            "open" => 1,
            "create" => 2,
            "always" => 3,
            other => number(other)?,
        };
        let media_type =
            value_of(rest, "type").map(|name| self.object(&format!("type:{name}"))).transpose()?;
        let name = (*path != "null").then(|| (*path).to_string());
        Ok(Call::CreatePool(CreatePoolCall { name, media_type, action, security: None }))
    }

    /// `POOL [side=NAME] [next=LMID] [new] [fail] [timeout=SPAN|0|infinite] [options=N]`.
    fn allocate(&mut self, words: &[&str]) -> Done<Call> {
        let [pool, rest @ ..] = words else { return Err("allocate WHO POOL".to_string()) };
        let mut call = AllocateCall {
            pool: self.named(pool)?,
            side: value_of(rest, "side").map(|name| self.object(name)).transpose()?,
            logical: value_of(rest, "next").map(|name| self.object(name)).transpose()?,
            options: value_of(rest, "options").map(number).transpose()?.unwrap_or(0),
            timeout_ms: u32::MAX,
        };
        for word in rest {
            match *word {
                "new" => call.options |= 1,
                "fail" => call.options |= 4,
                "timeout=0" => call.timeout_ms = 0,
                other => {
                    if let Some(span) = other.strip_prefix("timeout=").filter(|span| *span != "infinite") {
                        call.timeout_ms =
                            u32::try_from(span_ms(span)?).map_err(|_| "too long".to_string())?;
                    }
                }
            }
        }
        if call.logical.is_some() {
            call.options |= 2;
        }
        Ok(Call::Allocate(call))
    }

    /// `POOL [draw=1] [return=1] [max=N] [name=NAME]`.
    fn set_pool(&mut self, words: &[&str]) -> Done<Call> {
        let [name, rest @ ..] = words else { return Err("set-pool WHO POOL [draw=1]".to_string()) };
        let id = self.object(name)?;
        let books = self.books()?;
        let pool = books.pools.iter().find(|pool| pool.id.0 == id).ok_or("that is no pool")?;
        let bit = |key: &str, now: u32| value_of(rest, key).map(number).transpose().map(|v| v.unwrap_or(now));
        let information = InformationToSet {
            object_type: 12,
            name: value_of(rest, "name").unwrap_or(&pool.common.name).to_string(),
            description: pool.common.description.clone(),
            members: MembersToSet::MediaPool {
                media_type: pool.media_type.map(|id| id.0),
                allocation_policy: bit("draw", pool.allocation_policy)?,
                deallocation_policy: bit("return", pool.deallocation_policy)?,
                max_allocates: bit("max", pool.max_allocates)?,
            },
        };
        Ok(Call::SetInformation { object: Some(id), information: Some(information) })
    }
}
