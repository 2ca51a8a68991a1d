//! A tiny WebDriver client (W3C) over chromedriver: enough to look at a page, write and press.
//!
//! Without a browser the tests fail and say what to install; `VESTNIK_TEST_NO_BROWSER=1` leaves them
//! out.

use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::app::PATIENCE;
use super::http;
use super::process::Running;

/// The key under which WebDriver gives out elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A page in a browser of its own.
pub struct Page {
    driver: Running,
    addr: SocketAddr,
    session: String,
    _profile: tempfile::TempDir,
}

/// An element of the page.
pub struct Element<'a> {
    page: &'a Page,
    id: String,
}

impl Page {
    /// Opens a browser; `None`: browsers are to be left out of this run.
    ///
    /// # Panics
    /// When Chromium or its driver is not installed.
    pub fn open(url: &str) -> Option<Page> {
        if std::env::var("VESTNIK_TEST_NO_BROWSER").is_ok_and(|value| value == "1") {
            return None;
        }
        let installed = |program: &str| {
            std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
                .any(|folder| folder.join(program).exists())
        };
        assert!(
            installed("chromedriver") && installed("chromium"),
            "there is no Chromium with its driver: `apt-get install chromium chromium-driver`, or set VESTNIK_TEST_NO_BROWSER=1 to leave the browser's tests out"
        );
        let mut driver = Running::start(Command::new("chromedriver").arg("--port=0"));
        let line = driver.wait_out("started successfully on port ");
        let port: u16 = line.trim_end_matches('.').parse().expect("a port");
        let addr = SocketAddr::from(([127, 0, 0, 1], port));
        let profile = tempfile::tempdir().expect("a folder");
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": {"args": [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--no-first-run", "--lang=ru", "--window-size=1200,900",
                format!("--user-data-dir={}", profile.path().display()),
            ]},
        }}});
        let mut page = Page {
            driver,
            addr,
            session: String::new(),
            _profile: profile,
        };
        let session = page.call("POST", "/session", &wanted);
        page.session = session["sessionId"].as_str().expect("a session").to_owned();
        page.command("POST", "/url", &json!({"url": url}));
        Some(page)
    }

    #[track_caller]
    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if method == "POST" {
            body.to_string()
        } else {
            String::new()
        };
        let answer = http::send_json(self.addr, method, path, &body);
        let value = answer.json()["value"].clone();
        assert!(
            answer.status == 200,
            "{path}: {value}\n{}",
            self.driver.err()
        );
        value
    }

    #[track_caller]
    fn command(&self, method: &str, path: &str, body: &Value) -> Value {
        self.call(method, &format!("/session/{}{path}", self.session), body)
    }

    /// The elements of a CSS selector that are there now.
    #[track_caller]
    pub fn all(&self, selector: &str) -> Vec<Element<'_>> {
        let found = self.command(
            "POST",
            "/elements",
            &json!({"using": "css selector", "value": selector}),
        );
        let found = found.as_array().expect("a list");
        let element = |value: &Value| Element {
            page: self,
            id: value[ELEMENT].as_str().expect("an element").to_owned(),
        };
        found.iter().map(element).collect()
    }

    /// Runs a script in the page and gives what it returns.
    #[track_caller]
    pub fn script(&self, script: &str) -> Value {
        self.command(
            "POST",
            "/execute/sync",
            &json!({"script": script, "args": []}),
        )
    }

    /// The visible texts of all elements of a selector; in one step, so that none is stale.
    #[track_caller]
    pub fn texts(&self, selector: &str) -> Vec<String> {
        let selector = Value::from(selector);
        let texts = self.script(&format!(
            "return [...document.querySelectorAll({selector})].map((found) => found.innerText.trim());"
        ));
        let texts = texts.as_array().expect("a list");
        texts
            .iter()
            .filter_map(|text| text.as_str().map(str::to_owned))
            .collect()
    }

    /// Waits until the page shows something, and gives it.
    #[track_caller]
    pub fn wait<T>(&self, what: &str, mut look: impl FnMut(&Page) -> Option<T>) -> T {
        let began = Instant::now();
        loop {
            if let Some(found) = look(self) {
                return found;
            }
            assert!(
                began.elapsed() < PATIENCE,
                "the page does not show {what}:\n{}",
                self.script("return document.body.innerText;")
            );
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// Presses keys one after another, held together when the first is a modifier
    /// (`\u{e009}` is Control); they go to what has the focus.
    #[track_caller]
    pub fn press(&self, keys: &[&str]) {
        let down = |key: &&str| json!({"type": "keyDown", "value": key});
        let up = |key: &&str| json!({"type": "keyUp", "value": key});
        let chord = keys.first() == Some(&"\u{e009}");
        let actions: Vec<Value> = if chord {
            let downs = keys.iter().map(down);
            downs.chain(keys.iter().rev().map(up)).collect()
        } else {
            keys.iter().flat_map(|key| [down(key), up(key)]).collect()
        };
        let source = json!({"type": "key", "id": "keys", "actions": actions});
        self.command("POST", "/actions", &json!({"actions": [source]}));
    }

    /// Gives the page a size in CSS pixels, smaller than a window can be made.
    #[track_caller]
    pub fn size(&self, width: u32, height: u32) {
        let metrics =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", &metrics);
    }

    /// Makes the person one who prefers the dark or the light theme.
    #[track_caller]
    pub fn theme(&self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        let feature = json!({"name": "prefers-color-scheme", "value": value});
        self.devtools(
            "Emulation.setEmulatedMedia",
            &json!({"features": [feature]}),
        );
    }

    /// A command of the browser's own protocol, for what WebDriver has no words for.
    #[track_caller]
    fn devtools(&self, command: &str, parameters: &Value) {
        let body = json!({"cmd": command, "params": parameters});
        self.command("POST", "/goog/cdp/execute", &body);
    }

    /// Clicks the element of a selector with this text as soon as it is there.
    #[track_caller]
    pub fn click(&self, selector: &str, text: &str) {
        let (selector, wanted) = (Value::from(selector), Value::from(text));
        // Found and clicked in one step: the page may be drawn anew at any moment.
        let script = format!(
            "const found = [...document.querySelectorAll({selector})].find((one) => one.innerText.includes({wanted}));\
             if (found) found.click(); return Boolean(found);"
        );
        self.wait(&format!("«{text}» to click"), |page| {
            (page.script(&script) == Value::Bool(true)).then_some(())
        });
    }
}

impl Element<'_> {
    /// Types as a person does; `\u{e007}` is Enter.
    #[track_caller]
    pub fn write(&self, text: &str) {
        let path = format!("/element/{}/value", self.id);
        self.page.command("POST", &path, &json!({"text": text}));
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        if !self.session.is_empty() && !std::thread::panicking() {
            // Ends the browser; the driver is killed after it.
            self.command("DELETE", "", &Value::Null);
        }
    }
}
