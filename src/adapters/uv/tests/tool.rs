//! The tool: which is taken, how one is had, what is told of its failures, and what its stamp sees.

use super::*;
use crate::adapters::ToolError;
use crate::world::Outcome;

fn said(text: &str) -> Outcome {
    Outcome { code: Some(0), signal: None, stdout: text.as_bytes().to_vec(), stderr: Vec::new() }
}

#[test]
fn a_good_uv_on_path_is_taken() {
    let world = Rehearsal::with([("hsm.yaml", "")]).program("uv", |_, _| Ok(said("uv 0.9.0 (x)\n")));
    let tool = Uv.prepare(&Rehearsal::root(), &Settings::default(), &world).unwrap();
    assert_eq!((tool.program, tool.version.as_str()), (PathBuf::from("uv"), "0.9.0"));
}

#[test]
fn a_missing_or_old_uv_is_said_with_the_way_out() {
    let world = Rehearsal::with([("hsm.yaml", "")]);
    let error = Uv.prepare(&Rehearsal::root(), &Settings::default(), &world).unwrap_err();
    assert_eq!(
        error.to_string(),
        "uv was not found (0.9 or newer is needed). Install it (https://docs.astral.sh/uv/), or let hsm put it into \
         .hsm/tools/uv with `--yes`."
    );
    let world = world.program("uv", |_, _| Ok(said("uv 0.8.24\n")));
    let error = Uv.prepare(&Rehearsal::root(), &Settings::default(), &world).unwrap_err();
    assert!(matches!(&error, ToolError::TooOld { found, .. } if found == "0.8.24"), "{error}");
}

#[test]
fn with_yes_it_is_installed_even_where_venv_is_missing() {
    let uv = Rehearsal::root().join(".hsm/tools/uv/bin/uv");
    let world = Rehearsal::with([("hsm.yaml", "")])
        .program("python3", move |command, disk| {
            if command.args[1] == "venv" {
                let stderr =
                    b"The virtual environment was not created because ensurepip is not available.\n".to_vec();
                return Ok(Outcome { code: Some(1), signal: None, stdout: Vec::new(), stderr });
            }
            disk.make_dirs(uv.parent().unwrap());
            disk.write(&uv, b"uv")?;
            Ok(said(""))
        })
        .program("uv", |command, _| {
            let own = command.program.is_absolute();
            if own { Ok(said("uv 0.13.9\n")) } else { Err(std::io::ErrorKind::NotFound.into()) }
        });
    let settings = Settings { yes: true, ..Settings::default() };
    let tool = Uv.prepare(&Rehearsal::root(), &settings, &world).unwrap();
    assert_eq!(tool.version, "0.13.9");
    assert!(tool.program.ends_with(".hsm/tools/uv/bin/uv"));
}

#[test]
fn what_uv_says_is_kept_below_a_headline() {
    let outcome = |code, stderr: &str| Outcome {
        code: Some(code),
        signal: None,
        stdout: Vec::new(),
        stderr: stderr.as_bytes().to_vec(),
    };
    let world = Rehearsal::with([("pyproject.toml", PLAIN)]);
    let part = plan_with(&world, &stack([pypi("six", Some("1"))]), &Settings::default()).unwrap();
    let text = Uv.explain(
        &part.actions[0],
        &outcome(1, "  x No solution found when resolving dependencies:\n\n  because\n"),
    );
    assert_eq!(
        text,
        "no versions of the Python packages can hold together (`uv lock` ended with 1)\n      x No solution found when \
         resolving dependencies:\n      because"
    );
    let text = Uv.explain(&part.actions[1], &outcome(2, "error: something else"));
    assert_eq!(text, "uv could not do its work (`uv sync --locked` ended with 2)\n    error: something else");
}

#[test]
fn the_stamp_sees_what_matters_and_nothing_else() {
    let six = stack([local("six", Mode::Dev, "six")]);
    let files = [
        ("pyproject.toml", PLAIN),
        ("uv.lock", "version = 1\n"),
        ("six/pyproject.toml", "[project]\n"),
        (".venv/pyvenv.cfg", "home = /usr/bin\n"),
        (".venv/lib/six.py", "x = 1\n"),
        (".venv/lib/idna/__init__.py", ""),
    ];
    let stamp = |world: &Rehearsal| Uv.stamp(&six, &Rehearsal::root(), world);
    let world = Rehearsal::with(files);
    let first = stamp(&world).unwrap();
    assert_eq!(stamp(&world).unwrap(), first);
    let root = Rehearsal::root();
    world.change(|disk| {
        disk.make_dirs(&root.join(".venv/lib/__pycache__"));
        disk.write(&root.join(".venv/lib/__pycache__/six.cpython-311.pyc"), b"x").unwrap();
        disk.write(&root.join("six/six.py"), b"code").unwrap();
    });
    assert_eq!(stamp(&world).unwrap(), first, "running Python changes nothing");
    for changed in ["uv.lock", "six/pyproject.toml", ".venv/lib/six.py"] {
        let world = Rehearsal::with(files);
        world.change(|disk| disk.write(&root.join(changed), b"something else").unwrap());
        assert_ne!(stamp(&world).unwrap(), first, "{changed}");
    }
    let world = Rehearsal::with(files.into_iter().filter(|(path, _)| !path.contains("idna")));
    assert_ne!(stamp(&world).unwrap(), first, "a package was deleted");
    let world = Rehearsal::with(files.into_iter().filter(|(path, _)| !path.contains(".venv")));
    assert_eq!(stamp(&world), None);
}
