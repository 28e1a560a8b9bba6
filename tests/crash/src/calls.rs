//! The calls of a run as a disk sees them, read from a trace of all its threads and programs.
//!
//! Owns: what a line of the trace does to files. Refuses: knowing what of it survives.

use std::collections::BTreeMap;

/// One thing that was done to files. Paths are absolute, without links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Call {
    /// A file was opened for writing; made if it was not there.
    Open {
        path: String,
        truncate: bool,
        mode: u32,
    },
    /// Bytes were written at this place.
    Write {
        path: String,
        at: usize,
        bytes: Vec<u8>,
    },
    /// So many bytes of a file were copied to this place of another.
    Copy {
        from: String,
        from_at: usize,
        to: String,
        at: usize,
        length: usize,
    },
    /// A file was cut or extended.
    Length {
        path: String,
        length: usize,
    },
    Mode {
        path: String,
        mode: u32,
    },
    /// The time of change was set, in seconds and nanoseconds.
    Time {
        path: String,
        time: (i64, i64),
    },
    MakeDir {
        path: String,
        mode: u32,
    },
    /// A file or an empty directory went.
    Remove {
        path: String,
    },
    Rename {
        from: String,
        to: String,
    },
    Link {
        from: String,
        to: String,
    },
    Symlink {
        target: String,
        path: String,
    },
    /// A file, or the names of a directory, were brought to the disk.
    Sync {
        path: String,
    },
    /// Everything was.
    SyncAll,
}

/// What strace is to be asked for, besides the calls that it is to trace.
pub(crate) const OPTIONS: [&str; 3] = ["--follow-forks", "--strings-in-hex=all", "--string-limit=10000000"];

/// Reads a trace. Relative paths start at `dir`, where every program of a run works.
pub(crate) fn read(trace: &str, dir: &str) -> Vec<Call> {
    let mut reader = Reader { dir, places: BTreeMap::new(), calls: Vec::new() };
    let mut unfinished: BTreeMap<&str, &str> = BTreeMap::new();
    for line in trace.lines() {
        let Some((thread, rest)) = line.split_once(char::is_whitespace) else { continue };
        let rest = rest.trim_start();
        if let Some(begun) = rest.strip_suffix(" <unfinished ...>") {
            unfinished.insert(thread, begun);
        } else if let Some(end) = rest.strip_prefix("<... ").and_then(|r| r.split_once("resumed>")) {
            let begun = unfinished.remove(thread).unwrap_or_default();
            reader.line(thread, &format!("{begun}{}", end.1));
        } else {
            reader.line(thread, rest);
        }
    }
    reader.calls
}

struct Reader<'a> {
    dir: &'a str,
    /// Where the next byte goes, by thread, number and path of an open file.
    places: BTreeMap<(String, String), usize>,
    calls: Vec<Call>,
}

/// An argument of a call: what was printed for it, and the path behind an open file.
#[derive(Debug, Default, Clone)]
struct Arg {
    text: String,
    string: Option<Vec<u8>>,
    behind: Option<String>,
}

impl Reader<'_> {
    fn line(&mut self, thread: &str, line: &str) {
        let Some((name, rest)) = line.split_once('(') else { return };
        let Some((args, result)) = rest.rsplit_once(" = ") else { return };
        let Some(args) = args.trim_end().strip_suffix(')') else { return };
        if result.starts_with('-') || result.starts_with('?') {
            return;
        }
        let args = arguments(args);
        let result_path = arguments(result).into_iter().next().unwrap_or_default();
        let returned = number(&result_path.text);
        self.call(thread, name, &args, &result_path, returned);
    }

    fn call(&mut self, thread: &str, name: &str, args: &[Arg], result: &Arg, returned: usize) {
        let arg = |n: usize| args.get(n).cloned().unwrap_or_default();
        let open = |n: usize| arg(n).behind.unwrap_or_default();
        let at = |dir: usize| self.join(&open(dir), &arg(dir + 1));
        let alone = |n: usize| self.join("", &arg(n));
        let call = match name {
            "openat" => {
                let flags = arg(2).text;
                let path = result.behind.clone().unwrap_or_default();
                self.places.insert((thread.to_owned(), path.clone()), 0);
                if !flags.contains("O_CREAT") && !flags.contains("O_TRUNC") {
                    return;
                }
                Call::Open { path, truncate: flags.contains("O_TRUNC"), mode: octal(&arg(3).text) }
            }
            "write" => {
                let path = open(0);
                let mut bytes = arg(1).string.unwrap_or_default();
                bytes.truncate(returned);
                let place = self.advance(thread, &path, returned);
                Call::Write { path, at: place, bytes }
            }
            "copy_file_range" | "sendfile" => {
                let (from, to) = if name == "sendfile" { (open(1), open(0)) } else { (open(0), open(2)) };
                let from_at = self.advance(thread, &from, returned);
                let place = self.advance(thread, &to, returned);
                Call::Copy { from, from_at, to, at: place, length: returned }
            }
            "lseek" => {
                self.places.insert((thread.to_owned(), open(0)), returned);
                return;
            }
            "ftruncate" => Call::Length { path: open(0), length: number(&arg(1).text) },
            "fchmod" => Call::Mode { path: open(0), mode: octal(&arg(1).text) },
            "chmod" => Call::Mode { path: alone(0), mode: octal(&arg(1).text) },
            "fchmodat" => Call::Mode { path: at(0), mode: octal(&arg(2).text) },
            "utimensat" => {
                let path = if arg(1).string.is_some() { at(0) } else { open(0) };
                Call::Time { path, time: time(&arg(2).text) }
            }
            "mkdir" => Call::MakeDir { path: alone(0), mode: octal(&arg(1).text) },
            "mkdirat" => Call::MakeDir { path: at(0), mode: octal(&arg(2).text) },
            "unlink" | "rmdir" => Call::Remove { path: alone(0) },
            "unlinkat" => Call::Remove { path: at(0) },
            "rename" => Call::Rename { from: alone(0), to: alone(1) },
            "renameat" | "renameat2" => Call::Rename { from: at(0), to: at(2) },
            "link" => Call::Link { from: alone(0), to: alone(1) },
            "linkat" => Call::Link { from: at(0), to: at(2) },
            "symlink" => Call::Symlink { target: text(&arg(0)), path: alone(1) },
            "symlinkat" => Call::Symlink { target: text(&arg(0)), path: at(1) },
            "fsync" | "fdatasync" => Call::Sync { path: open(0) },
            "syncfs" | "sync" => Call::SyncAll,
            // Owners and attributes are not modelled.
            "fchown" | "lchown" | "fchownat" | "fsetxattr" | "setxattr" | "flock" | "execve" => return,
            other => panic!("the trace has a call that the model does not know: {other}"),
        };
        self.calls.push(call);
    }

    fn advance(&mut self, thread: &str, path: &str, by: usize) -> usize {
        let place = self.places.entry((thread.to_owned(), path.to_owned())).or_default();
        *place += by;
        *place - by
    }

    fn join(&self, dir: &str, arg: &Arg) -> String {
        let path = text(arg);
        match (path.starts_with('/'), dir) {
            (true, _) => path,
            (false, "") => format!("{}/{path}", self.dir),
            (false, dir) => format!("{dir}/{path}"),
        }
    }
}

/// The arguments of a call, split at the commas outside of brackets.
fn arguments(text: &str) -> Vec<Arg> {
    let mut all = Vec::new();
    let (mut depth, mut from) = (0_usize, 0);
    for (place, letter) in text.char_indices() {
        match letter {
            '[' | '{' | '<' => depth += 1,
            ']' | '}' | '>' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                all.push(argument(&text[from..place]));
                from = place + 1;
            }
            _ => {}
        }
    }
    all.push(argument(&text[from..]));
    all
}

fn argument(text: &str) -> Arg {
    let text = text.trim();
    let string = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).map(bytes);
    let behind = text.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    let behind = behind.map(|(path, _)| String::from_utf8_lossy(&bytes(path)).into_owned());
    Arg { text: text.to_owned(), string, behind }
}

/// The bytes of `\x2f\x74…`.
fn bytes(text: &str) -> Vec<u8> {
    text.split("\\x")
        .skip(1)
        .map(|hex| u8::from_str_radix(hex.get(..2).unwrap_or("0"), 16).unwrap_or(0))
        .collect()
}

fn text(arg: &Arg) -> String {
    String::from_utf8_lossy(arg.string.as_deref().unwrap_or_default()).into_owned()
}

fn number(text: &str) -> usize {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

fn octal(text: &str) -> u32 {
    u32::from_str_radix(text, 8).unwrap_or(0)
}

/// The second of the times of a `utimensat`.
fn time(text: &str) -> (i64, i64) {
    let after = |key: &str| {
        let rest = text.rsplit_once(key).map_or("", |(_, rest)| rest);
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap_or(0)
    };
    (after("tv_sec="), after("tv_nsec="))
}
