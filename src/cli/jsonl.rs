//! The shape of every `--jsonl` filter: one JSON object a line in, one a line out, in input order.
//!
//! A line that cannot be read, or whose work fails or panics, answers with
//! `{"id": …, "error": …}` and never stops the run. Work is spread over the
//! machine's cores; a bounded window of lines is in memory at any time.

use std::io::{self, BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use serde_json::{Map, Value, json};

/// One line, read.
pub type Object = Map<String, Value>;

/// Lines that may wait between reading and writing, for each worker.
const WINDOW: usize = 16;

/// Stack of a worker. Parsers bound their depth; this is what they may count on.
const STACK_BYTES: usize = 8 << 20;

/// Runs `work` over every line of `input`, on all cores, and writes the answers in order.
///
/// # Errors
/// Only of reading `input` and writing `output`.
pub fn run(
    input: impl BufRead,
    mut output: impl Write + Send,
    work: impl Fn(&Object) -> Result<Value, String> + Sync,
) -> io::Result<()> {
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let (jobs, queue) = sync_channel::<(String, SyncSender<String>)>(workers);
    let queue = Mutex::new(queue);
    let (answers, ordered) = sync_channel::<Receiver<String>>(workers * WINDOW);
    thread::scope(|scope| {
        for _ in 0..workers {
            thread::Builder::new()
                .stack_size(STACK_BYTES)
                .spawn_scoped(scope, || work_off(&queue, &work))?;
        }
        let writer = scope.spawn(move || -> io::Result<()> {
            for answer in ordered {
                if let Ok(line) = answer.recv() {
                    output.write_all(line.as_bytes())?;
                    output.write_all(b"\n")?;
                }
            }
            output.flush()
        });
        let read = feed_in(input, &jobs, &answers);
        drop((jobs, answers));
        let written = writer
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("the writing thread panicked")));
        read.and(written)
    })
}

/// Runs `work` over every line of `input`, one after the other: for work that remembers.
///
/// # Errors
/// Only of reading `input` and writing `output`.
pub fn run_in_order(
    input: impl BufRead,
    mut output: impl Write,
    mut work: impl FnMut(&Object) -> Result<Value, String>,
) -> io::Result<()> {
    for line in input.split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        if !line.trim().is_empty() {
            writeln!(output, "{}", answer(&line, &mut work))?;
        }
    }
    output.flush()
}

fn feed_in(
    input: impl BufRead,
    jobs: &SyncSender<(String, SyncSender<String>)>,
    answers: &SyncSender<Receiver<String>>,
) -> io::Result<()> {
    for line in input.split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        if line.trim().is_empty() {
            continue;
        }
        let (reply, answer) = sync_channel(1);
        // Either side being gone means that writing failed: its error is the one to report.
        if answers.send(answer).is_err() || jobs.send((line, reply)).is_err() {
            break;
        }
    }
    Ok(())
}

fn work_off(
    queue: &Mutex<Receiver<(String, SyncSender<String>)>>,
    work: &(impl Fn(&Object) -> Result<Value, String> + Sync),
) {
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((line, reply)) = job else { return };
        // Nobody waits for the answer once writing has failed.
        let _ = reply.send(answer(&line, &mut |object: &Object| work(object)));
    }
}

fn answer(line: &str, work: &mut impl FnMut(&Object) -> Result<Value, String>) -> String {
    let object = match serde_json::from_str::<Value>(line) {
        Ok(Value::Object(object)) => object,
        Ok(_) => return json!({"id": null, "error": "the line is not a JSON object"}).to_string(),
        Err(error) => {
            return json!({"id": null, "error": format!("the line is not JSON: {error}")})
                .to_string();
        }
    };
    let id = object.get("id").cloned().unwrap_or(Value::Null);
    let done = catch_unwind(AssertUnwindSafe(|| work(&object)))
        .unwrap_or_else(|_| Err("feedmill panicked on this line".to_owned()));
    match done {
        Ok(value) => value.to_string(),
        Err(error) => json!({"id": id, "error": error}).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_in_input_order_and_bad_lines_stop_nothing() {
        let mut input = String::new();
        for n in 0..200 {
            input.extend(["{\"id\":", &n.to_string(), "}\n"]);
        }
        input.push_str("nonsense\n[]\n{\"id\":\"boom\"}\n\n{\"id\":\"no\"}");
        let mut output = Vec::new();
        run(input.as_bytes(), &mut output, |object| {
            match object.get("id") {
                Some(Value::String(id)) if id == "boom" => panic!("on purpose"),
                Some(Value::String(_)) => Err("refused".to_owned()),
                id => Ok(json!({"id": id})),
            }
        })
        .expect("memory");
        let lines: Vec<Value> = String::from_utf8(output)
            .expect("UTF-8")
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        assert_eq!(lines.len(), 204);
        for (n, line) in lines.iter().take(200).enumerate() {
            assert_eq!(line["id"], n);
        }
        assert!(
            lines[200]["error"]
                .as_str()
                .is_some_and(|e| e.contains("not JSON"))
        );
        assert!(
            lines[201]["error"]
                .as_str()
                .is_some_and(|e| e.contains("not a JSON object"))
        );
        assert_eq!(
            lines[202],
            json!({"id": "boom", "error": "feedmill panicked on this line"})
        );
        assert_eq!(lines[203], json!({"id": "no", "error": "refused"}));
    }
}
