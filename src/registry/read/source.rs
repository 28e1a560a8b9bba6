//! Reading what sources have in common: git references, URLs, their types.

use crate::diagnostic::{Diagnostic, Finding, UrlProblem};
use crate::fields::{self, Fields, Found};
use crate::manifest::{GitRefKind, Mode};
use crate::names::nearest;
use crate::place::At;
use crate::shape::Shape;
use crate::yaml::Node;

/// `sources` of an entry, by mode, each as `read` understands it.
pub(super) fn all<S>(
    fields: &mut Fields<'_>,
    shape: &'static Shape,
    read: impl Fn(Mode, &Node, &mut Found) -> Option<S>,
    found: &mut Found,
) -> Vec<S> {
    by_mode(fields, shape, found).into_iter().filter_map(|(mode, node)| read(mode, node, found)).collect()
}

/// `sources` of a release: a mode's is replaced whole, `null` removes it, and one that is not named is inherited.
pub(super) fn inheriting<S: Clone>(
    fields: &mut Fields<'_>,
    shape: &'static Shape,
    inherited: &[S],
    mode_of: impl Fn(&S) -> Mode,
    read: impl Fn(Mode, &Node, &mut Found) -> Option<S>,
    found: &mut Found,
) -> Vec<S> {
    let nodes = by_mode(fields, shape, found);
    let named = |mode: Mode| nodes.iter().any(|(own, _)| *own == mode);
    let mut out: Vec<_> = inherited.iter().filter(|s| !named(mode_of(s))).cloned().collect();
    let own = nodes.iter().filter(|(_, node)| !node.is_null());
    out.extend(own.filter_map(|(mode, node)| read(*mode, node, found)));
    out.sort_by_key(mode_of);
    out
}

/// At most one for each mode, ordered by mode.
fn by_mode<'n>(fields: &mut Fields<'n>, shape: &'static Shape, found: &mut Found) -> Vec<(Mode, &'n Node)> {
    let sources = fields.get("sources").and_then(|node| Fields::shaped(node, shape, found));
    let Some(mut sources) = sources else { return Vec::new() };
    let of_mode = |(key, mode)| Some((mode, sources.get(key)?));
    let out = [("prod", Mode::Prod), ("dev", Mode::Dev)].into_iter().filter_map(of_mode).collect();
    sources.finish(found);
    out
}

/// `type`: one of those that are known.
pub(super) fn source_type(
    fields: &mut Fields<'_>,
    what: &'static str,
    known: &'static [&'static str],
    found: &mut Found,
) -> Option<&'static str> {
    let node = fields.required("type", found)?;
    let text = fields::text(node, "`type`", found)?.value;
    if let Some(word) = known.iter().find(|k| **k == text) {
        return Some(word);
    }
    let near = nearest(&text, known.iter().copied()).map(str::to_owned);
    let finding = Finding::BadSourceType { text, what, nearest: near, known };
    found.push(Diagnostic::error(node.place, finding));
    None
}

/// `ref` or `rev`, `tag`, `branch`: at most one.
pub(crate) fn reference(
    fields: &mut Fields<'_>,
    keys: &[&'static str],
    found: &mut Found,
) -> Option<(GitRefKind, At<String>)> {
    let mut out: Option<(GitRefKind, At<String>)> = None;
    for &key in keys {
        let Some((at, _)) = fields.pair(key) else { continue };
        let Some(text) = fields.text(key, found) else { continue };
        let kind = match key {
            "tag" => GitRefKind::Tag,
            "branch" => GitRefKind::Branch,
            _ => GitRefKind::Rev,
        };
        if let Some(why) = unsafe_argument(&text.value) {
            let finding = Finding::BadUrl { text: text.value.clone(), why };
            found.push(Diagnostic::error(text.place, finding));
        }
        match &out {
            None => out = Some((kind, text)),
            Some((_, first)) => {
                let finding = Finding::SeveralReferences { what: fields.what };
                found.push(Diagnostic::error(at.place, finding).with(first.place, "the first one"));
            }
        }
    }
    out
}

/// A git URL: nothing that git would take for an option or a helper, and no password.
pub(crate) fn git_url(url: &At<String>, found: &mut Found) {
    let text = url.value.as_str();
    let why = unsafe_argument(text).or_else(|| bad_scheme(text)).or_else(|| password(text));
    if let Some(why) = why {
        let finding = Finding::BadUrl { text: masked(text), why };
        found.push(Diagnostic::error(url.place, finding));
    } else if text.starts_with("file:") {
        let finding = Finding::HostOnly { text: text.to_owned() };
        found.push(Diagnostic::warning(url.place, finding));
    }
}

/// A URL of a file that a package manager fetches.
pub(super) fn file_url(url: &At<String>, found: &mut Found) {
    let text = url.value.as_str();
    if let Some(why) = unsafe_argument(text).or_else(|| password(text)) {
        let finding = Finding::BadUrl { text: masked(text), why };
        found.push(Diagnostic::error(url.place, finding));
    }
}

/// The address of an index: no password, and no variable for one, which nothing would put in.
pub(super) fn index_url(url: &At<String>, found: &mut Found) {
    let text = url.value.as_str();
    let variable = || text.contains("${").then_some(UrlProblem::Variable);
    if let Some(why) = unsafe_argument(text).or_else(|| password(text)).or_else(variable) {
        let finding = Finding::BadUrl { text: masked(text), why };
        found.push(Diagnostic::error(url.place, finding));
    }
}

fn unsafe_argument(text: &str) -> Option<UrlProblem> {
    if text.starts_with('-') {
        return Some(UrlProblem::Dash);
    }
    // `ext::COMMAND` runs a program; what is inside `${…}` is Compose's or the shell's business.
    let helper = text.split_once("::").is_some_and(|(before, _)| !before.contains(['/', '{', '@']));
    if helper {
        return Some(UrlProblem::Helper);
    }
    let odd = text.is_empty() || text.chars().any(|c| c.is_control() || c.is_whitespace());
    odd.then_some(UrlProblem::Character)
}

fn bad_scheme(text: &str) -> Option<UrlProblem> {
    let known = ["https://", "http://", "ssh://", "git+ssh://", "git://", "file://"];
    let by_scheme = known.iter().any(|s| text.starts_with(s));
    // `git@host:path`, as ssh has it.
    let short = !text.contains("://")
        && text.split_once(':').is_some_and(|(host, path)| {
            host.len() > 1 && !host.contains('/') && !path.is_empty() && !path.starts_with('-')
        });
    (!by_scheme && !short && !text.starts_with("${")).then_some(UrlProblem::Scheme)
}

/// Whether user information holds a password that is not a variable.
fn password(text: &str) -> Option<UrlProblem> {
    let user = user_info(text)?;
    let (_, secret) = user.split_once(':')?;
    (!secret.is_empty() && !secret.starts_with("${")).then_some(UrlProblem::Password)
}

fn user_info(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    authority.rsplit_once('@').map(|(user, _)| user)
}

fn masked(text: &str) -> String {
    match user_info(text).and_then(|user| user.split_once(':')) {
        Some((_, secret)) if !secret.is_empty() => text.replacen(secret, "***", 1),
        _ => text.to_owned(),
    }
}
