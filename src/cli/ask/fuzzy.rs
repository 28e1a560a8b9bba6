//! How well names fit a few typed letters.
//!
//! Owns: what fits, and what fits better. Refuses: knowing where the names come from.

/// How well a name and what is said about it fit what was typed: the less the better; `None`: not at all.
///
/// Every word that was typed has to fit: the name begins with it, a part of the name does, the name holds it, a word of
/// the description begins with it, or the name has its letters in that order.
pub(super) fn fit(typed: &str, name: &str, about: &str) -> Option<usize> {
    let (name, about) = (name.to_lowercase(), about.to_lowercase());
    typed.to_lowercase().split_whitespace().map(|word| fit_word(word, &name, &about)).sum()
}

/// The numbers of all that fit, the best first; those that fit alike in their order.
pub(super) fn fitting<'a>(typed: &str, all: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<usize> {
    let fits = all.enumerate().filter_map(|(at, (name, about))| fit(typed, name, about).map(|fit| (fit, at)));
    let mut fits: Vec<(usize, usize)> = fits.collect();
    fits.sort_unstable();
    fits.into_iter().map(|(_, at)| at).collect()
}

fn fit_word(word: &str, name: &str, about: &str) -> Option<usize> {
    if name == word {
        return Some(0);
    }
    if name.starts_with(word) {
        return Some(1);
    }
    let parts = |text: &str| text.split(|c: char| !c.is_alphanumeric()).any(|part| part.starts_with(word));
    if parts(name) {
        return Some(2);
    }
    if name.contains(word) {
        return Some(3);
    }
    if parts(about) {
        return Some(4);
    }
    scattered(word, name).map(|gaps| 5 + gaps)
}

/// How many letters of the name lie between those of the word, if they stand there in order.
fn scattered(word: &str, name: &str) -> Option<usize> {
    let mut letters = name.chars().enumerate();
    let (mut first, mut last) = (None, 0);
    for wanted in word.chars() {
        let (at, _) = letters.find(|(_, letter)| *letter == wanted)?;
        first.get_or_insert(at);
        last = at;
    }
    Some((last + 1).saturating_sub(first.unwrap_or(0)).saturating_sub(word.chars().count()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_fits_better_comes_first() {
        let all = [
            ("neo4j-client", "A graph database's client"),
            ("qdrant-adapter", "Speaks to qdrant"),
            ("graphql", ""),
            ("grafana", "Dashboards"),
            ("my-graph", ""),
            ("telegraph", ""),
        ];
        let names = |typed| -> Vec<&str> {
            fitting(typed, all.iter().copied()).into_iter().map(|at| all[at].0).collect()
        };
        assert_eq!(names("graph"), ["graphql", "my-graph", "telegraph", "neo4j-client"]);
        assert_eq!(names("qad"), ["qdrant-adapter"]);
        assert_eq!(names("n4c"), ["neo4j-client"]);
        assert_eq!(names("CLIENT graph"), ["neo4j-client"]);
        assert_eq!(names("zzz"), [""; 0]);
        assert_eq!(names("").len(), all.len());
    }

    proptest! {
        #[test]
        fn a_name_fits_itself_and_its_beginnings(name in "[a-zA-Z0-9][a-zA-Z0-9._-]{0,12}", cut in 0usize..14) {
            prop_assert_eq!(fit(&name, &name, ""), Some(0));
            prop_assert!(fit(&name[..cut.min(name.len())], &name, "").is_some());
        }

        #[test]
        fn typing_more_only_narrows(name in "[a-c-]{1,8}", about in "[a-c ]{0,8}", typed in "[a-c-]{0,5}") {
            for cut in 0..typed.len() {
                let (less, more) = (fit(&typed[..cut], &name, &about), fit(&typed, &name, &about));
                prop_assert!(more.is_none() || less.is_some(), "{:?} {:?}", less, more);
            }
        }

        #[test]
        fn letters_in_order_fit_and_others_do_not(name in "[a-d]{1,8}", typed in "[a-d]{1,6}") {
            let mut rest = name.chars();
            let in_order = typed.chars().all(|c| rest.any(|other| other == c));
            prop_assert_eq!(fit(&typed, &name, "").is_some(), in_order);
        }
    }
}
