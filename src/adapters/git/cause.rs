//! Why a server gives nothing, as far as the words of git, curl and ssh tell.
//!
//! Owns: what those words mean for the user, and that asking once more is of no use then. Refuses: repeating them.

use crate::world::{Outcome, WAS_SILENT};

/// Why a server gives nothing. Asking it again would not help, and might lock an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// It wants to know who asks, and nobody tells it.
    Login,
    /// It does not take what it was told of who asks.
    Password,
    /// Its certificate is not trusted.
    Certificate,
    /// Its host key is not known.
    HostKey,
    /// It said nothing for too long.
    Silent,
    /// It leads to a protocol that is not allowed.
    Elsewhere,
    /// There is no such server, or no such repository.
    Unreachable,
    /// It broke off, or what it sent is no answer.
    Broken,
}

/// What git, curl and ssh say, and what it means; the first that fits.
const WORDS: [(&str, Cause); 22] = [
    (WAS_SILENT, Cause::Silent),
    ("could not read Username", Cause::Login),
    ("could not read Password", Cause::Login),
    ("Permission denied (", Cause::Login),
    ("Authentication failed", Cause::Password),
    ("The requested URL returned error: 403", Cause::Password),
    ("Host key verification failed", Cause::HostKey),
    ("SSL certificate problem", Cause::Certificate),
    ("certificate verification failed", Cause::Certificate),
    ("certificate subject name", Cause::Certificate),
    ("disabled in libcurl", Cause::Elsewhere),
    ("' not allowed", Cause::Elsewhere),
    ("RPC failed", Cause::Broken),
    ("early EOF", Cause::Broken),
    ("the remote end hung up", Cause::Broken),
    ("bad line length character", Cause::Broken),
    ("expected 'packfile'", Cause::Broken),
    ("index-pack", Cause::Broken),
    ("unpack-objects", Cause::Broken),
    ("unable to access", Cause::Unreachable),
    ("' not found", Cause::Unreachable),
    ("ssh: ", Cause::Unreachable),
];

/// What is said where asking for more than one commit helps.
const OTHERWISE: [&str; 3] = ["shallow", "unadvertised object", "not our ref"];

/// Why a call failed; `None`: its words do not tell.
pub(super) fn of(outcome: &Outcome) -> Option<Cause> {
    let text = String::from_utf8_lossy(&outcome.stderr);
    if OTHERWISE.iter().any(|word| text.contains(word)) {
        return None;
    }
    WORDS.iter().find(|(word, _)| text.contains(word)).map(|(_, cause)| *cause)
}

impl Cause {
    /// What to do about it.
    pub fn help(self) -> &'static str {
        match self {
            Self::Login => {
                "hsm asks for no password: log in once with git's credential helper or add a key to ssh's agent, until `git ls-remote` of that address works"
            }
            Self::Password => {
                "the user or password that git's credential helper gives is not taken: change it there (`git credential reject` forgets it), until `git ls-remote` of that address works"
            }
            Self::Certificate => {
                "if the server is yours, name its certificate in git's settings: `git config --global http.https://HOST/.sslCAInfo FILE`"
            }
            Self::HostKey => {
                "compare the host's key and let ssh know it: run `git ls-remote` of that address once by hand"
            }
            Self::Silent => {
                "try again later; HSM_FETCH_TIMEOUT sets how many seconds are waited for a server"
            }
            Self::Elsewhere => {
                "a registry is fetched by https or ssh, also where its address leads elsewhere"
            }
            Self::Unreachable => {
                "look at the address and the network: `git ls-remote` of that address shows the same"
            }
            Self::Broken => "try again; if it stays so, the server or what is between is at fault",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Cause, of};
    use crate::world::Outcome;

    #[test]
    fn the_words_of_git_curl_and_ssh_are_understood() {
        for (said, cause) in [
            ("fatal: could not read Username for 'https://h': terminal prompts disabled", Some(Cause::Login)),
            ("fatal: Authentication failed for 'https://h/'", Some(Cause::Password)),
            (
                "fatal: unable to access 'https://h/': SSL certificate problem: self-signed certificate",
                Some(Cause::Certificate),
            ),
            (
                "Host key verification failed.\r\nfatal: Could not read from remote repository.",
                Some(Cause::HostKey),
            ),
            ("fatal: unable to access 'https://h/': Could not resolve host: h", Some(Cause::Unreachable)),
            (
                "error: RPC failed; curl 18 transfer closed with 7 bytes remaining to read\nfatal: early EOF",
                Some(Cause::Broken),
            ),
            ("fatal: transport 'ext' not allowed", Some(Cause::Elsewhere)),
            // asking otherwise helps
            ("fatal: dumb http transport does not support shallow capabilities", None),
            ("error: Server does not allow request for unadvertised object 0123", None),
            ("fatal: remote error: upload-pack: not our ref 0123", None),
            ("fatal: couldn't find remote ref 0123", None),
        ] {
            let outcome = Outcome { stderr: said.as_bytes().to_vec(), ..Outcome::code(128) };
            assert_eq!(of(&outcome), cause, "{said}");
        }
    }
}
