//! ГенераторСлучайныхЧисел: without a start value the host's randomness, with one a sequence that
//! repeats.

use super::define::{is_left_out, method, native, native_of_mut, said};
use super::registry::{Area, Constructor, TypeDef};
use crate::value::Value;
use crate::value::heap::Body;
use crate::vm::Vm;
use crate::vm::error::{Fault, Message};

/// The largest number when no bounds are given.
const MAX: i64 = u32::MAX as i64;

/// ГенераторСлучайныхЧисел.
pub static RANDOM: TypeDef = TypeDef {
    ru: "ГенераторСлучайныхЧисел",
    en: "RandomNumberGenerator",
    new: Some(Constructor {
        params: "НачальноеЗначение?",
        call: new_generator,
    }),
    methods: &[
        method!("СлучайноеЧисло" "RandomNumber" ("НижняяГраница?, ВерхняяГраница?") true next),
    ],
    props: &[],
};

/// Random numbers.
pub static AREA: Area = Area {
    title: "Случайные числа",
    functions: &[],
    types: &[&RANDOM],
    enums: &[],
};

struct Generator(Option<Box<Twister>>);

native!(Generator, |this| this
    .0
    .as_ref()
    .map_or(0, |_| size_of::<Twister>()));

const WORDS: usize = 624;

/// MT19937, the generator that 1C's documentation names.
struct Twister {
    words: [u32; WORDS],
    at: usize,
}

impl Twister {
    fn new(seed: u32) -> Twister {
        let mut words = [0u32; WORDS];
        words[0] = seed;
        for at in 1..WORDS {
            let before = words[at - 1];
            words[at] = 1_812_433_253u32
                .wrapping_mul(before ^ before >> 30)
                .wrapping_add(at as u32);
        }
        Twister { words, at: WORDS }
    }

    fn next(&mut self) -> u32 {
        if self.at == WORDS {
            for at in 0..WORDS {
                let joined =
                    self.words[at] & 0x8000_0000 | self.words[(at + 1) % WORDS] & 0x7fff_ffff;
                let odd = if joined & 1 == 1 { 0x9908_b0df } else { 0 };
                self.words[at] = self.words[(at + 397) % WORDS] ^ joined >> 1 ^ odd;
            }
            self.at = 0;
        }
        let mut word = self.words[self.at];
        self.at += 1;
        word ^= word >> 11;
        word ^= word << 7 & 0x9d2c_5680;
        word ^= word << 15 & 0xefc6_0000;
        word ^ word >> 18
    }
}

fn new_generator(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let twister = if is_left_out(&args[0]) {
        None
    } else {
        // The low bits of any whole number are its seed.
        Some(Box::new(Twister::new(vm.to_int(&args[0])? as u32)))
    };
    Ok(vm.alloc(&RANDOM, Body::Native(Box::new(Generator(twister)))))
}

fn next(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let low = if is_left_out(&args[0]) {
        0
    } else {
        vm.to_int(&args[0])?
    };
    let high = if is_left_out(&args[1]) {
        MAX
    } else {
        vm.to_int(&args[1])?
    };
    for (bound, number) in [(low, 1), (high, 2)] {
        if !(0..=MAX).contains(&bound) {
            return Err(Fault::value(number));
        }
    }
    if low > high {
        return Err(said(
            vm,
            "Нижняя граница случайного числа больше верхней",
            "The lower bound of a random number is above the upper one",
        ));
    }
    // Equal buckets of the words of 32 bits, a word past the last bucket is drawn again: no place is
    // likelier than another, and without bounds the words come as the generator gives them.
    let places = (high - low) as u64 + 1;
    let bucket = (1 << 32) / places;
    loop {
        vm.charge(1)?;
        let place = u64::from(word(vm, this)?) / bucket;
        if place < places {
            return Ok(Value::Int(low + place as i64));
        }
    }
}

/// 32 random bits.
fn word(vm: &mut Vm<'_>, this: &Value) -> Result<u32, Fault> {
    if let Some(twister) = &mut native_of_mut::<Generator>(this, 1)?.0 {
        return Ok(twister.next());
    }
    let mut bytes = [0; 4];
    if !vm.host().random(&mut bytes) {
        return Err(Message::NotAvailable("ГенераторСлучайныхЧисел".into()).into());
    }
    Ok(u32::from_le_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_twister_gives_its_published_numbers() {
        let mut twister = Twister::new(5489);
        assert_eq!(twister.next(), 3_499_211_612);
        let last = (0..9_999).map(|_| twister.next()).last();
        // C++'s standard requires this as the 10,000th.
        assert_eq!(last, Some(4_123_659_995));
    }
}
