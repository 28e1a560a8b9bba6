//! Problems as text: what is written is read back as it was, and no text makes the reader panic.

#[path = "oracle/world.rs"]
mod world;

use hsm_solver::text::{Expected, Reason, TextError, read, write};
use hsm_solver::{CandidateSet, Count, GroupId, ItemId, Preference, Problem, StatementId, Then, When};
use world::Dice;

fn some(seed: u64) -> Problem {
    let dice = &mut Dice::new(seed);
    match seed % 4 {
        0 | 2 => world::problem(dice, 4096),
        1 => world::tangle(dice),
        _ => world::crowd(dice),
    }
}

#[test]
fn what_is_written_is_read_back() {
    for seed in 0..3_000 {
        let problem = some(seed);
        let text = write(&problem);
        assert_eq!(read(&text).as_ref(), Ok(&problem), "seed {seed}:\n{text}");
    }
}

/// Every word of the format, with numbers at their limits and things that do not exist.
#[test]
fn every_word_is_written_as_the_format_says() {
    let mut problem = Problem::new();
    let set = |all: &[u32]| all.iter().copied().collect::<CandidateSet>();
    let item = problem.item(3);
    let one = problem.group(StatementId(7), Count::One, vec![item, item, ItemId(u32::MAX)]);
    let none = problem.group(StatementId(u32::MAX), Count::Between { min: 2, max: u32::MAX }, Vec::new());
    problem.resource();
    let name = problem.resource();
    let mut rule = |when, then| problem.rule(StatementId(1), when, then);
    rule(When::Always, Then::Present(item, set(&[0, 1, 2])));
    rule(When::Item(item, set(&[])), Then::AbsentOr(ItemId(9), set(&[0, 2, 3, 9, u32::MAX])));
    rule(When::TakesPart(one), Then::TakesPart(none));
    rule(When::Option(GroupId(5), 2), Then::OneOf(one, vec![2, 0]));
    rule(When::Always, Then::AllOf(none, Vec::new()));
    rule(When::Always, Then::AnyOf(vec![(item, set(&[1])), (ItemId(4), set(&[]))]));
    rule(When::Always, Then::AnyOf(Vec::new()));
    rule(When::Always, Then::Holds(name, ItemId(9)));
    rule(When::Always, Then::Never);
    problem.prefer(Preference::Rank(item, vec![2, 0, 0]));
    problem.prefer(Preference::Wanted(one, vec![1]));
    problem.prefer(Preference::Fill(none, Vec::new()));
    let text = "hsm-problem 1
item 3
group s7 one i0 i0 i4294967295
group s4294967295 2..4294967295
resource
resource
rule s1 always => present i0:0-2
rule s1 i0:none => absent-or i9:0,2-3,9,4294967295
rule s1 g0 => part g1
rule s1 g5/2 => one-of g0 2 0
rule s1 always => all-of g1
rule s1 always => any-of i0:1 i4:none
rule s1 always => any-of
rule s1 always => holds r1 i9
rule s1 always => never
prefer rank i0 2 0 0
prefer wanted g0 1
prefer fill g1
";
    assert_eq!(write(&problem), text);
    assert_eq!(read(text), Ok(problem));
}

#[test]
fn comments_and_blanks_mean_nothing() {
    let text = "\n# a stack\n hsm-problem\t1 # the format\r\n\n  item   2#two\r\n";
    let mut problem = Problem::new();
    problem.item(2);
    assert_eq!(read(text), Ok(problem));
}

#[test]
fn an_error_says_where_and_what() {
    let expected = |line, expected| Err(TextError { line, reason: Reason::Expected(expected) });
    let wrong = |line, reason| Err(TextError { line, reason });
    for (text, answer) in [
        ("", wrong(1, Reason::Head)),
        ("\n\n# nothing\n", wrong(4, Reason::Head)),
        ("hsm-problem 2", wrong(1, Reason::Head)),
        ("hsm-problem 1 1", wrong(1, Reason::TooLong)),
        ("item 2", wrong(1, Reason::Head)),
        ("hsm-problem 1\nitems 2", wrong(2, Reason::Line)),
        ("hsm-problem 1\n\nitem", expected(3, Expected::Number)),
        ("hsm-problem 1\nitem -2", expected(2, Expected::Number)),
        ("hsm-problem 1\nitem +2", expected(2, Expected::Number)),
        ("hsm-problem 1\nitem 4294967296", expected(2, Expected::Number)),
        ("hsm-problem 1\nitem 2 2", wrong(2, Reason::TooLong)),
        ("hsm-problem 1\ngroup g1 one", expected(2, Expected::Statement)),
        ("hsm-problem 1\ngroup s1 2-3", expected(2, Expected::Count)),
        ("hsm-problem 1\ngroup s1 one g1", expected(2, Expected::Item)),
        ("hsm-problem 1\nrule s1 never => never", expected(2, Expected::When)),
        ("hsm-problem 1\nrule s1 g1/ => never", expected(2, Expected::When)),
        ("hsm-problem 1\nrule s1 always -> never", expected(2, Expected::Arrow)),
        ("hsm-problem 1\nrule s1 always =>", expected(2, Expected::Then)),
        ("hsm-problem 1\nrule s1 always => part i1", expected(2, Expected::Group)),
        ("hsm-problem 1\nrule s1 always => present i1", expected(2, Expected::Candidates)),
        ("hsm-problem 1\nresource 1", wrong(2, Reason::TooLong)),
        ("hsm-problem 1\nrule s1 always => holds 1 i1", expected(2, Expected::Resource)),
        ("hsm-problem 1\nrule s1 i1: => never", expected(2, Expected::Candidates)),
        ("hsm-problem 1\nrule s1 i1:3-2 => never", expected(2, Expected::Candidates)),
        ("hsm-problem 1\nrule s1 i1:0-4294967295 => never", wrong(2, Reason::TooMuch)),
        ("hsm-problem 1\nprefer i1", expected(2, Expected::Preference)),
    ] {
        assert_eq!(read(text), answer, "{text:?}");
    }
}

/// Good texts with bytes changed, cut out, doubled and cut off: a problem or an error, and what is a problem is
/// written and read again as the same one.
#[test]
fn no_text_makes_the_reader_panic() {
    let (mut problems, mut errors) = (0, 0);
    for seed in 0..6_000 {
        let dice = &mut Dice::new(seed);
        let mut bytes = write(&some(seed)).into_bytes();
        for _ in 0..=dice.below(2) {
            spoil(dice, &mut bytes);
        }
        match read(&String::from_utf8_lossy(&bytes)) {
            Ok(problem) => {
                problems += 1;
                assert_eq!(read(&write(&problem)), Ok(problem), "seed {seed}");
            }
            Err(error) => {
                errors += 1;
                assert!(error.line >= 1, "seed {seed}: {error}");
            }
        }
    }
    assert!(problems > 300 && errors > 3_000, "{problems} problems, {errors} errors");
}

fn spoil(dice: &mut Dice, bytes: &mut Vec<u8>) {
    const WORDS: &[u8] = b"\n\t #0123456789sig:,-./=>*+\xc3\xa4\xff\x00item rule";
    let len = bytes.len() as u32;
    if len == 0 {
        return;
    }
    let at = dice.below(len) as usize;
    let to = at + dice.below((len - at as u32).min(12)) as usize;
    let byte = WORDS[dice.below(WORDS.len() as u32) as usize];
    match dice.below(5) {
        0 => bytes[at] = byte,
        1 => bytes.insert(at, byte),
        2 => drop(bytes.drain(at..to)),
        3 => {
            let piece = bytes[at..to].to_vec();
            bytes.extend(piece);
        }
        _ => bytes.truncate(at),
    }
}
