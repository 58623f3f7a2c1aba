//! Thresholds worked out beside the window: a guess at once, the surrogate soon, the exact axon as it comes.
//!
//! One thread of its own works on the question that was asked last, on all processors but one, and turns to the next
//! as soon as somebody asks it. Answers are a function of the question alone: whoever asks again gets them at once.

use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard};

use crate::nerve::recruitment::{Question, Recruitment, all_threads};

/// Answers that are kept.
const KEPT: usize = 12;

/// How far an answer has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// A guess, within a factor of two.
    Guessed,
    /// The surrogate, with its error.
    Fast,
    /// Each axon by itself.
    Exact,
}

/// What is known about a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The thresholds.
    pub recruitment: Arc<Recruitment>,
    /// What they are.
    pub stage: Stage,
}

/// A question with its answer so far.
struct Entry {
    question: Question,
    answer: Answer,
    /// When it was asked last, in questions.
    asked: u64,
}

#[derive(Default)]
struct Shared {
    entries: Vec<Entry>,
    asked: u64,
}

/// Whoever works on the questions.
struct Recruiter {
    shared: Mutex<Shared>,
    news: Condvar,
}

static RECRUITER: LazyLock<Recruiter> = LazyLock::new(|| {
    std::thread::spawn(work);
    Recruiter { shared: Mutex::default(), news: Condvar::new() }
});

fn shared() -> MutexGuard<'static, Shared> {
    RECRUITER.shared.lock().expect("nobody panics while holding it")
}

/// What is known about a question by now; work on it goes on.
pub fn answer(question: &Question) -> Answer {
    let known = {
        let mut shared = shared();
        shared.asked += 1;
        let asked = shared.asked;
        shared.entries.iter_mut().find(|entry| entry.question == *question).map(|entry| {
            entry.asked = asked;
            entry.answer.clone()
        })
    };
    if let Some(answer) = known {
        return answer;
    }
    let answer = Answer { recruitment: Arc::new(question.guess()), stage: Stage::Guessed };
    let mut shared = shared();
    let asked = shared.asked;
    if shared.entries.len() == KEPT {
        let oldest = (0..KEPT).min_by_key(|&index| shared.entries[index].asked).expect("there are some");
        shared.entries.remove(oldest);
    }
    shared.entries.push(Entry { question: question.clone(), answer: answer.clone(), asked });
    RECRUITER.news.notify_all();
    answer
}

/// Whether every question that was asked has its exact answer.
pub fn is_done() -> bool {
    shared().entries.iter().all(|entry| entry.answer.stage == Stage::Exact)
}

/// Notes what is known about a question now; whether it still is the one to work on.
fn note(question: &Question, recruitment: &Recruitment, stage: Stage) -> bool {
    let mut shared = shared();
    if let Some(entry) = shared.entries.iter_mut().find(|entry| entry.question == *question) {
        entry.answer = Answer { recruitment: Arc::new(recruitment.clone()), stage };
    }
    next(&shared).is_none_or(|next| next == *question)
}

/// The question that was asked last of those that have only a guess, or else of those that are not exact.
fn next(shared: &Shared) -> Option<Question> {
    let open = shared.entries.iter().filter(|entry| entry.answer.stage < Stage::Exact);
    let urgent = |entry: &&Entry| (entry.answer.stage == Stage::Guessed, entry.asked);
    open.max_by_key(urgent).map(|entry| entry.question.clone())
}

fn work() {
    let threads = all_threads().saturating_sub(1).max(1);
    loop {
        let question = {
            let mut shared = shared();
            loop {
                match next(&shared) {
                    Some(question) => break question,
                    None => shared = RECRUITER.news.wait(shared).expect("nobody panics while holding it"),
                }
            }
        };
        if note(&question, &question.fast(threads), Stage::Fast) {
            let go_on = |so_far: &Recruitment| note(&question, so_far, Stage::Fast);
            if let Some(exact) = question.exact_by_and_by(threads, go_on) {
                note(&question, &exact, Stage::Exact);
            }
        }
    }
}
