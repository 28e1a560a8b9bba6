//! How well an entry fits the words that somebody looks for.
//!
//! Owns: the order of what is found. Refuses: reading entries.

use super::Entry;

/// How well an entry fits: 0 when one of the words is nowhere in it. The name counts most, then options, tags, the
/// description and the owner; the letters of a word may lie apart in the name.
pub fn score(entry: &Entry, words: &[String]) -> u32 {
    let mut sum = 0;
    for word in words {
        match of_word(entry, &word.to_lowercase()) {
            0 => return 0,
            points => sum += points,
        }
    }
    sum
}

fn of_word(entry: &Entry, word: &str) -> u32 {
    let common = entry.common();
    let name = of_text(common.name.value.as_str(), word, [100, 80, 60]);
    let options = match entry {
        Entry::Group(group) => group.options.as_slice(),
        Entry::Package(_) | Entry::Container(_) => &[],
    };
    let options = options.iter().map(|option| {
        let own = of_text(option.name.value.as_str(), word, [50, 45, 40]);
        own.max(option.description.as_ref().map_or(0, |text| of_text(&text.value, word, [20, 18, 15])))
    });
    let tags = common.tags.iter().map(|tag| of_text(&tag.value, word, [48, 42, 35]));
    let texts = [(&common.description, [30, 28, 22]), (&common.owner, [25, 20, 15])];
    let texts =
        texts.into_iter().filter_map(|(text, points)| Some(of_text(&text.as_ref()?.value, word, points)));
    let best = options.chain(tags).chain(texts).max().unwrap_or(0).max(name);
    if best == 0 && is_scattered(common.name.value.as_str(), word) { 8 } else { best }
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
    use super::*;
    use crate::names::Kind;
    use crate::place::Sources;
    use crate::registry::{EntryFile, entry};

    fn read(text: &str) -> Entry {
        let mut sources = Sources::new();
        let file = sources.add("x.yaml", text);
        let from = EntryFile {
            file,
            kind: Kind::Container,
            is_group: text.contains("strategy"),
            stem: text
                .lines()
                .next()
                .and_then(|line| line.strip_prefix("name: "))
                .expect("a name")
                .to_owned(),
            registry: "r".to_owned(),
            root: std::path::PathBuf::new(),
        };
        entry(&sources, &from).0.expect("an entry")
    }

    #[test]
    fn the_name_counts_most_and_every_word_has_to_be_somewhere() {
        let image = "sources: {prod: {type: docker-image, image: x}}\n";
        let redis = read(&format!("name: redis\ndescription: A cache\ntags: [kv]\n{image}"));
        let other = read(&format!("name: valkey\ndescription: Like redis\nowner: Core Team\n{image}"));
        let group =
            read("name: cache\nstrategy: 1-of-N\noptions:\n  - {name: redis, description: the first}\n");
        let points = |entry: &Entry, words: &[&str]| {
            score(entry, &words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>())
        };
        let by = |words: &[&str]| [&redis, &group, &other].map(|entry| points(entry, words));
        let [first, second, third] = by(&["redis"]);
        assert!(first > second && second > third && third > 0, "{first} {second} {third}");
        assert_eq!(by(&["redis", "cache"]).map(|points| points > 0), [true, true, false]);
        assert_eq!(by(&["KV"]).map(|points| points > 0), [true, false, false]);
        assert_eq!(by(&["team"]).map(|points| points > 0), [false, false, true]);
        assert_eq!(by(&["vlk"]).map(|points| points > 0), [false, false, true], "scattered letters");
        assert_eq!(by(&["vk"]), [0, 0, 0], "two letters are too few for that");
        assert_eq!(by(&["postgres"]), [0, 0, 0]);
    }
}
