//! What git is told to get: URLs and references, made only by parsing.
//!
//! Owns: what may stand in them, so that nothing of them is taken for an option, a helper program or another protocol.
//! Refuses: passwords, which would end up in a file of the clone.

use std::fmt;

/// A URL that git may be given.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GitUrl(String);

/// The name of a branch, a tag or a commit that git may be given.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GitRef(String);

/// Why a text is neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotGit {
    /// It starts with a dash.
    #[error("it starts with `-`, which git would take for an option")]
    Dash,
    /// `ext::` and the like.
    #[error("`::` names a helper program")]
    Helper,
    /// A control character, a space or nothing.
    #[error("it is empty or holds a space, a control character or a character that no reference has")]
    Character,
    /// Another protocol.
    #[error("hsm gets sources by https and ssh only")]
    Protocol,
    /// A password.
    #[error("it holds a password; let git's credential helper give it")]
    Password,
    /// A name in front of the host.
    #[error("it holds a user's name, which may be a token; let git's credential helper give it")]
    User,
    /// `${…}`.
    #[error("it holds a variable, which git does not know")]
    Variable,
}

impl GitUrl {
    /// Parses `https://…`, `ssh://…`, `user@host:path` and, where `local` says so, `file:///…`; `git+` in front is a word
    /// of package managers.
    pub fn parse(text: &str, local: bool) -> Result<Self, NotGit> {
        let text = text.strip_prefix("git+").unwrap_or(text);
        plain(text)?;
        if text.contains("::") {
            return Err(NotGit::Helper);
        }
        if text.contains("${") {
            return Err(NotGit::Variable);
        }
        match text.split_once("://") {
            Some(("https" | "ssh", rest)) => of_host(rest)?,
            Some(("file", rest)) if local && rest.starts_with('/') => {}
            Some(_) => return Err(NotGit::Protocol),
            None => of_ssh(text)?,
        }
        Ok(Self(text.to_owned()))
    }

    /// Parses the URL of a registry that a manifest or a user's settings name: besides what [`GitUrl::parse`] takes,
    /// `http://` of this machine alone. A user's name in a URL of the web is refused, since it may be a token and the lock
    /// would hold it.
    pub fn of_registry(text: &str) -> Result<Self, NotGit> {
        if let Some(rest) = text.strip_prefix("http://") {
            plain(text)?;
            of_host(rest)?;
            let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
            let host = authority
                .strip_suffix(|c: char| c.is_ascii_digit())
                .map_or(authority, |_| authority.rsplit_once(':').map_or(authority, |(host, _)| host));
            let here = matches!(host, "127.0.0.1" | "localhost" | "[::1]");
            return if here { Ok(Self(text.to_owned())) } else { Err(NotGit::Protocol) };
        }
        let url = Self::parse(text, true)?;
        let authority = url.0.strip_prefix("https://").and_then(|rest| rest.split(['/', '?', '#']).next());
        if authority.is_some_and(|authority| authority.contains('@')) {
            return Err(NotGit::User);
        }
        Ok(url)
    }

    /// As git is given it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The protocols that git may use for it.
    pub(super) fn protocols(&self) -> &'static str {
        match self.0.split_once("://") {
            Some(("file", _)) => "file",
            Some(("http", _)) => "http",
            _ => "https:ssh",
        }
    }
}

/// A URL without what makes no difference.
pub(super) fn same(url: &str) -> &str {
    let url = url.strip_prefix("git+").unwrap_or(url).trim_end_matches('/');
    url.strip_suffix(".git").unwrap_or(url)
}

impl fmt::Display for GitUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl GitRef {
    /// Parses a name as git has them; a commit is one, too.
    pub fn parse(text: &str) -> Result<Self, NotGit> {
        plain(text)?;
        let odd = |c: char| matches!(c, '~' | '^' | ':' | '?' | '*' | '[' | '\\');
        if text.contains(odd) || text.contains("..") || text.contains("@{") {
            return Err(NotGit::Character);
        }
        Ok(Self(text.to_owned()))
    }

    /// As git is given it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn plain(text: &str) -> Result<(), NotGit> {
    if text.starts_with('-') {
        return Err(NotGit::Dash);
    }
    let odd = |c: char| c.is_control() || c.is_whitespace();
    if text.is_empty() || text.contains(odd) { Err(NotGit::Character) } else { Ok(()) }
}

/// What follows `https://` or `ssh://`.
fn of_host(rest: &str) -> Result<(), NotGit> {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    if user.contains(':') {
        return Err(NotGit::Password);
    }
    host_name(host)?;
    if user.starts_with('-') { Err(NotGit::Dash) } else { Ok(()) }
}

/// `user@host:path` and `host:path`.
fn of_ssh(text: &str) -> Result<(), NotGit> {
    let (place, path) = text.split_once(':').ok_or(NotGit::Protocol)?;
    let host = place.rsplit_once('@').map_or(place, |(_, host)| host);
    // one letter is a drive; a slash before the colon is a path
    if host.len() < 2 || place.contains('/') || path.is_empty() {
        return Err(NotGit::Protocol);
    }
    if path.starts_with('-') {
        return Err(NotGit::Dash);
    }
    host_name(host)
}

/// ssh would take a host that starts with a dash for an option.
fn host_name(host: &str) -> Result<(), NotGit> {
    match host {
        "" => Err(NotGit::Protocol),
        host if host.starts_with('-') => Err(NotGit::Dash),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_safe_becomes_a_url() {
        for good in [
            "https://example.org/x.git",
            "https://token@example.org/x.git",
            "ssh://git@example.org:22/x",
            "git+ssh://git@example.org/x",
            "git@example.org:x/y.git",
            "example.org:x",
        ] {
            assert!(GitUrl::parse(good, false).is_ok(), "{good}");
        }
        for (bad, why) in [
            ("--upload-pack=touch /tmp/x", NotGit::Dash),
            ("-x", NotGit::Dash),
            ("ssh://-oProxyCommand=x/y", NotGit::Dash),
            ("ssh://-u@host/y", NotGit::Dash),
            ("-oProxyCommand=x:y", NotGit::Dash),
            ("git@-oProxyCommand=x:y", NotGit::Dash),
            ("git@host:-x", NotGit::Dash),
            ("ext::sh -c x", NotGit::Character),
            ("ext::sh", NotGit::Helper),
            ("fd::17/x", NotGit::Helper),
            ("https://user:word@example.org/x", NotGit::Password),
            ("ssh://user:word@example.org/x", NotGit::Password),
            ("https://${HOST}/x", NotGit::Variable),
            ("https://example.org/\nx", NotGit::Character),
            ("http://example.org/x", NotGit::Protocol),
            ("git://example.org/x", NotGit::Protocol),
            ("file:///srv/x", NotGit::Protocol),
            ("https:///x", NotGit::Protocol),
            ("/srv/x", NotGit::Protocol),
            ("../x", NotGit::Protocol),
            ("c:x", NotGit::Protocol),
            ("", NotGit::Character),
        ] {
            assert_eq!(GitUrl::parse(bad, false), Err(why), "{bad}");
        }
        assert!(GitUrl::parse("file:///srv/x", true).is_ok());
        assert_eq!(GitUrl::parse("file://host/x", true), Err(NotGit::Protocol));
    }

    #[test]
    fn a_registry_may_be_on_this_machine_and_its_url_holds_no_token() {
        for good in [
            "https://example.org/x.git",
            "ssh://git@example.org/x",
            "git@example.org:x",
            "file:///srv/x",
            "http://127.0.0.1:8080/x",
            "http://localhost/x",
        ] {
            assert!(GitUrl::of_registry(good).is_ok(), "{good}");
        }
        for (bad, why) in [
            ("https://token@example.org/x", NotGit::User),
            ("https://u:t@example.org/x", NotGit::Password),
            ("http://u:t@127.0.0.1/x", NotGit::Password),
            ("http://example.org/x", NotGit::Protocol),
            ("http://127.0.0.1.example.org/x", NotGit::Protocol),
            ("http://localhost@example.org/x", NotGit::Protocol),
            ("http://127.0.0.1/\nx", NotGit::Character),
            ("ext::sh", NotGit::Helper),
            ("-x", NotGit::Dash),
        ] {
            assert_eq!(GitUrl::of_registry(bad), Err(why), "{bad}");
        }
    }

    #[test]
    fn only_what_git_can_have_becomes_a_reference() {
        for good in ["main", "v1.0", "feature/x", "0123abc", "a-b"] {
            assert!(GitRef::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "-x", "--upload-pack=x", "a b", "a..b", "a@{1}", "a:b", "a^", "a\n", "*"] {
            assert!(GitRef::parse(bad).is_err(), "{bad}");
        }
    }
}
