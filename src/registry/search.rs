//! How well an entry fits the words that somebody looks for.
//!
//! Owns: the order of what is found, and which typing errors are forgiven. Refuses: reading entries.

use super::Glance;

/// How well something fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fit {
    /// Whether every word stands there as it is typed; what only fits with typing errors forgiven is worth showing where
    /// nothing else fits.
    pub as_typed: bool,
    /// Points: more is better.
    pub points: u32,
}

/// How well an entry of that name fits: `None` when one of the words is nowhere in it. The name counts most, then options,
/// tags, the description and the owner; the start of a part counts more than its middle. In names, tags and options, letters
/// may be missing, too many, wrong or swapped, and in the name those between may be left out.
pub fn fit(name: &str, glance: &Glance<'_>, words: &[String]) -> Option<Fit> {
    let mut sum = Fit { as_typed: true, points: 0 };
    for word in words {
        let one = of_word(name, glance, &word.to_lowercase())?;
        sum.as_typed &= one.as_typed;
        sum.points += one.points;
    }
    Some(sum)
}

fn of_word(own: &str, glance: &Glance<'_>, word: &str) -> Option<Fit> {
    let name = of_text(own, word, [100, 80, 60]);
    let options = glance.options.iter().map(|option| {
        let own = of_text(&option.name, word, [50, 45, 40]);
        own.max(option.description.as_ref().map_or(0, |text| of_text(text, word, [20, 18, 15])))
    });
    let tags = glance.tags.iter().map(|tag| of_text(tag, word, [48, 42, 35]));
    let texts = [(&glance.description, [30, 28, 22]), (&glance.owner, [25, 20, 15])];
    let texts = texts.into_iter().filter_map(|(text, points)| Some(of_text(text.as_ref()?, word, points)));
    let points = options.chain(tags).chain(texts).max().unwrap_or(0).max(name);
    if points > 0 {
        return Some(Fit { as_typed: true, points });
    }
    let options = glance.options.iter().map(|option| mistyped(&option.name, word, 20));
    let tags = glance.tags.iter().map(|tag| mistyped(tag, word, 20));
    let scattered = if is_scattered(own, word) { 8 } else { 0 };
    let points = options.chain(tags).max().unwrap_or(0).max(mistyped(own, word, 40)).max(scattered);
    (points > 0).then_some(Fit { as_typed: false, points })
}

/// Points for a text that is the word, or has a part that is or starts with it, but for a few letters: one in a word of
/// four to six, two in a longer one. Swapped neighbours are one.
fn mistyped(text: &str, word: &str, points: u32) -> u32 {
    let length = word.chars().count();
    let allowed = match length {
        0..4 => return 0,
        4..7 => 1,
        _ => 2,
    };
    let text = text.to_lowercase();
    let between = |c: char| !c.is_alphanumeric();
    let parts = text.split(between).chain([text.as_str()]);
    let whole = parts.filter_map(|part| {
        let near = part.chars().count().abs_diff(length) <= allowed;
        // the first letter is the last that people get wrong
        let starts = || part.chars().take(2).any(|c| word.chars().take(2).any(|own| own == c));
        let apart = if near && starts() { strsim::osa_distance(part, word) } else { allowed + 1 };
        (apart <= allowed).then_some(apart)
    });
    match whole.min() {
        Some(apart) => points - 8 * u32::try_from(apart).unwrap_or(1),
        None => 0,
    }
}

/// Points for a text that is the word, has a part that starts with it, or has it somewhere.
fn of_text(text: &str, word: &str, [whole, start, inside]: [u32; 3]) -> u32 {
    let text = text.to_lowercase();
    if text == word {
        return whole;
    }
    let between = |c: char| !c.is_alphanumeric();
    if text.starts_with(word) || text.split(between).any(|part| part.starts_with(word)) {
        return start;
    }
    if text.contains(word) { inside } else { 0 }
}

/// Whether the letters of a word stand in a text in their order, the first one at the start of one of its parts.
fn is_scattered(text: &str, word: &str) -> bool {
    if word.chars().count() < 3 {
        return false;
    }
    let text = text.to_lowercase();
    let starts = text
        .char_indices()
        .filter(|&(at, _)| text[..at].chars().next_back().is_none_or(|before| !before.is_alphanumeric()));
    starts.into_iter().any(|(at, _)| {
        let mut letters = text[at..].chars();
        let mut wanted = word.chars();
        wanted.next() == letters.next() && wanted.all(|letter| letters.any(|own| own == letter))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::registry::OptionGlance;

    fn glance(description: &str, owner: &str, tags: &[&str], options: &[&str]) -> Glance<'static> {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned().into());
        let option =
            |name: &&str| OptionGlance { name: (*name).to_owned().into(), ..OptionGlance::default() };
        Glance {
            description: text(description),
            owner: text(owner),
            tags: tags.iter().map(|tag| (*tag).to_owned().into()).collect(),
            options: options.iter().map(option).collect(),
            ..Glance::default()
        }
    }

    fn points(name: &str, glance: &Glance<'_>, words: &[&str]) -> Option<Fit> {
        fit(name, glance, &words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn the_name_counts_most_and_every_word_has_to_be_somewhere() {
        let all = [
            ("redis", glance("A cache", "", &["kv"], &[])),
            ("cache", glance("", "", &[], &["redis"])),
            ("valkey", glance("Like redis", "Core Team", &[], &[])),
        ];
        let by = |words: &[&str]| all.each_ref().map(|(name, glance)| points(name, glance, words));
        let [first, second, third] = by(&["redis"]);
        assert!(first > second && second > third && third.is_some(), "{first:?} {second:?} {third:?}");
        assert_eq!(by(&["redis", "cache"]).map(|fit| fit.is_some()), [true, true, false]);
        assert_eq!(by(&["KV"]).map(|fit| fit.is_some()), [true, false, false]);
        assert_eq!(by(&["team"]).map(|fit| fit.is_some()), [false, false, true]);
        assert_eq!(by(&["vlk"]).map(|fit| fit.is_some()), [false, false, true], "scattered letters");
        assert_eq!(by(&["vk"]), [None, None, None], "two letters are too few for that");
        assert_eq!(by(&["postgres"]), [None, None, None]);
    }

    #[test]
    fn the_start_counts_more_than_the_middle_and_the_name_more_than_the_description() {
        let plain = glance("", "", &[], &[]);
        let order = [
            points("quick", &plain, &["quick"]),
            points("quickwit", &plain, &["quick"]),
            points("my-quickwit", &plain, &["uick"]),
            points("other", &glance("", "", &["quick"], &[]), &["quick"]),
            points("other", &glance("a quick one", "", &[], &[]), &["quick"]),
            points("other", &glance("", "quick", &[], &[]), &["quick"]),
            points("qiuck", &plain, &["quick"]),
        ];
        assert!(order.windows(2).all(|pair| pair[0] > pair[1]), "{order:?}");
    }

    proptest! {
        /// One letter left out, doubled, wrong or swapped with the next one: the name is found, after those that have the
        /// word as it is typed.
        #[test]
        fn a_mistyped_name_is_found(name in "[a-z]{5,12}", at in 1usize..11, how in 0..4, other in "[a-z]") {
            let mut letters: Vec<char> = name.chars().collect();
            let at = at.min(letters.len() - 2);
            match how {
                0 => { letters.remove(at); }
                1 => letters.insert(at, letters[at]),
                2 => letters[at] = other.chars().next().expect("a letter"),
                _ => letters.swap(at, at + 1),
            }
            let typed: String = letters.iter().collect();
            let plain = glance("", "", &[], &[]);
            let found = points(&name, &plain, &[&typed]);
            prop_assert!(found.is_some(), "{} for {}", typed, name);
            let exact = points(&typed, &plain, &[&typed]);
            prop_assert!(exact >= found);
        }

        /// A word more never finds more.
        #[test]
        fn every_word_narrows(name in "[a-c]{1,6}", about in "[a-c ]{0,12}", words in prop::collection::vec("[a-c]{1,4}", 1..4)) {
            let glance = glance(&about, "", &[], &[]);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let fewer = points(&name, &glance, &words[1..]);
            prop_assert!(points(&name, &glance, &words).is_none() || fewer.is_some());
        }
    }
}
