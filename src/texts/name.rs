//! The names, what each is for, its placeholders and its two defaults.
//!
//! The names are stored in organisation files: they may be added, not renamed.

use std::fmt;
use std::str::FromStr;

use crate::model::{Channel, Locale};

/// Where a text appears; decides whether it has formatting and how long it may be.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TextForm {
    /// A message, or a part of one: Telegram HTML.
    Message,
    /// A button: plain characters.
    Button,
    /// A short note over the chat, the answer to a press: plain characters.
    Note,
    /// A line of Telegram's own list of commands (D5): plain characters.
    Command,
    /// A word that is put into other texts: plain characters.
    Word,
}

impl TextForm {
    /// The most that Telegram takes, in UTF-16 units. A button's limit is ours: a longer label is
    /// cut off on every screen.
    pub fn limit(self) -> usize {
        match self {
            TextForm::Message => Channel::Telegram.limits().text_units,
            TextForm::Button | TextForm::Word => Channel::Telegram.limits().label_chars,
            TextForm::Note => 200,
            TextForm::Command => 256,
        }
    }
}

/// A placeholder of a text: `{name}`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Placeholder {
    /// The name between the braces.
    pub name: &'static str,
    /// What is put there, in Russian, for the author of a bot.
    pub meaning: &'static str,
}

macro_rules! placeholders {
    ($($constant:ident $name:literal $meaning:literal;)*) => {
        $(const $constant: Placeholder = Placeholder { name: $name, meaning: $meaning };)*
    };
}

placeholders! {
    FIRST_NAME "first_name" "имя собеседника в Telegram";
    BOT_NAME "bot_name" "наименование бота";
    DESCRIPTION "description" "описание бота; может быть пустым";
    CHAT_KEY "chat_key" "ключ чата собеседника";
    TEXT "text" "что написал собеседник";
    TITLE "title" "заголовок выбора";
    VARIANT "variant" "выбранный вариант";
    KEYWORD "keyword" "ключевое слово";
    ERROR "error" "сообщение об ошибке";
    COMMANDS "commands" "команды, которые здесь работают, по одной на строке";
    KEYWORDS "keywords" "ключевые слова верхнего уровня, по одному на строке";
    ALGORITHM "algorithm" "наименование алгоритма";
    PRIVATE_LINK "private_link" "ссылка на личный чат с ботом, а пока она неизвестна — наименование бота";
    LIMIT_MB "limit_mb" "предел в мегабайтах";
    FILE "file" "имя файла";
    SIZE "size" "размер файла";
    PARTY "party" "наименование того, с кем связан чат";
    DATA "data" "данные, которые прислал собеседник";
    REASON "reason" "причина отказа";
    PERSON "person" "имя и фамилия собеседника в Telegram";
    RESPONSIBLE "responsible" "кто решает или решил запрос";
    DETAILS "details" "что сказали алгоритм и сценарий, какие файлы приложены; может быть пустым";
    TASK "task" "наименование задачи";
}

/// A name that no text has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownTextName {
    /// What was asked for.
    pub name: String,
    /// A text whose name is nearly the same.
    pub near: Option<TextName>,
}

impl fmt::Display for UnknownTextName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "нет текста с именем «{}»", self.name)?;
        if let Some(near) = self.near {
            write!(f, "; возможно, имелось в виду «{near}»")?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownTextName {}

macro_rules! texts {
    ($($variant:ident $name:literal $form:ident [$($placeholder:ident),*]
        $when:literal
        $ru:literal
        $en:literal;
    )*) => {
        /// A sentence, label or word that bots say themselves.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum TextName {
            $(
                #[doc = concat!("`", $name, "`: ", $when)]
                $variant,
            )*
        }

        impl TextName {
            /// Every text, in the order of docs/texts.md.
            pub fn all() -> &'static [TextName] {
                &[$(TextName::$variant),*]
            }

            /// The name in organisation files.
            pub fn as_str(self) -> &'static str {
                match self { $(TextName::$variant => $name,)* }
            }

            /// When it is said, in Russian.
            pub fn when(self) -> &'static str {
                match self { $(TextName::$variant => $when,)* }
            }

            /// Where it appears.
            pub fn form(self) -> TextForm {
                match self { $(TextName::$variant => TextForm::$form,)* }
            }

            /// What its template may hold.
            pub fn placeholders(self) -> &'static [Placeholder] {
                match self { $(TextName::$variant => &[$($placeholder),*],)* }
            }

            /// The template of a bot that does not override it.
            pub fn default_template(self, locale: Locale) -> &'static str {
                match (self, locale) {
                    $(
                        (TextName::$variant, Locale::Ru) => $ru,
                        (TextName::$variant, Locale::En) => $en,
                    )*
                }
            }
        }
    };
}

texts! {
    // Any message.
    Greeting "greeting" Message [FIRST_NAME, BOT_NAME, DESCRIPTION, CHAT_KEY]
        "ответ на /start и «Старт»"
        "Здравствуйте, {first_name}!\n{description}"
        "Hello, {first_name}!\n{description}";
    NoName "no_name" Word []
        "вместо {first_name}, когда Telegram не сообщил имени"
        "гость"
        "guest";
    Unknown "unknown" Message [FIRST_NAME, BOT_NAME, CHAT_KEY, TEXT]
        "ответ на неизвестный запрос, если у бота не заполнено поле unknown_reply"
        "Не знаю, что на это ответить. Напишите иначе или отправьте /start."
        "I do not know what to answer. Try other words or send /start.";
    Unsupported "unsupported" Message [FIRST_NAME, BOT_NAME, CHAT_KEY]
        "ответ на сообщение, которое не текст (стикер, фотография, голос); один раз подряд"
        "Я понимаю только текст. Напишите, пожалуйста, словами."
        "I understand text only. Please write in words.";
    Help "help" Message [FIRST_NAME, BOT_NAME, COMMANDS]
        "ответ на /help и «Помощь»"
        "Что здесь работает:\n{commands}"
        "What works here:\n{commands}";
    HelpKeywords "help_keywords" Message [KEYWORDS]
        "продолжение ответа на /help: ключевые слова бота, если в его файле нет help = false"
        "Напишите одно из слов:\n{keywords}"
        "Write one of these words:\n{keywords}";
    MyKey "my_key" Message [FIRST_NAME, BOT_NAME, CHAT_KEY]
        "ответ на «Мой ключ», «мк» и /mykey"
        "Ваш ключ: <code>{chat_key}</code>\nПередайте его администратору: по этому ключу он вас зарегистрирует."
        "Your key: <code>{chat_key}</code>\nGive it to the administrator, who registers you by it.";
    NotRegistered "not_registered" Message [FIRST_NAME, BOT_NAME, CHAT_KEY]
        "ответ тому, кто не зарегистрирован, на команду для зарегистрированных"
        "Вы ещё не зарегистрированы. Ваш ключ: <code>{chat_key}</code>\nПередайте его администратору и повторите команду, когда он вас зарегистрирует."
        "You are not registered yet. Your key: <code>{chat_key}</code>\nGive it to the administrator and repeat the command when you are registered.";
    Cancelled "cancelled" Message [FIRST_NAME, BOT_NAME]
        "ответ на «Отмена» и /cancel, когда было что отменить"
        "Отменено."
        "Cancelled.";
    NothingToCancel "nothing_to_cancel" Message [FIRST_NAME, BOT_NAME]
        "ответ на «Отмена» и /cancel, когда отменять нечего"
        "Отменять нечего."
        "There is nothing to cancel.";
    PrivateOnly "private_only" Message [FIRST_NAME, BOT_NAME, PRIVATE_LINK]
        "ответ в группе на то, что работает только в личном чате"
        "Это работает только в личном чате: {private_link}"
        "This works in the private chat only: {private_link}";
    Busy "busy" Message [FIRST_NAME, BOT_NAME]
        "когда сообщений больше, чем бот успевает обработать"
        "Сейчас слишком много запросов. Повторите чуть позже."
        "There are too many requests at the moment. Please try again a little later.";
    UploadTooBig "upload_too_big" Message [FILE, LIMIT_MB]
        "ответ на присланный файл, который бот не может получить"
        "Файл слишком большой: боты получают файлы до {limit_mb} МБ."
        "The file is too big: bots receive files up to {limit_mb} MB.";
    FileTooBig "file_too_big" Message [FILE, SIZE, LIMIT_MB]
        "вместо файла, который слишком велик для отправки"
        "Файл «{file}» ({size}) слишком большой, чтобы отправить его сюда."
        "The file “{file}” ({size}) is too big to be sent here.";

    // Choices.
    ChoiceTitle "choice_title" Message [FIRST_NAME, BOT_NAME, KEYWORD]
        "над кнопками выбора, у которого не заполнен заголовок"
        "Выберите вариант:"
        "Choose one:";
    ChoiceMade "choice_made" Message [TITLE, VARIANT]
        "на месте вопроса, когда вариант выбран"
        "{title}\n\n✅ {variant}"
        "{title}\n\n✅ {variant}";
    ConfirmChoice "confirm_choice" Message [FIRST_NAME, BOT_NAME, TITLE, VARIANT]
        "запрос подтверждения выбранного варианта"
        "Вы выбрали: {variant}. Верно?"
        "You chose: {variant}. Is that right?";
    ChoiceExpired "choice_expired" Message [FIRST_NAME, BOT_NAME]
        "ответ на кнопку выбора, которого больше нет"
        "Этот выбор больше не действует. Начните, пожалуйста, заново."
        "This choice is no longer valid. Please start again.";
    ChoiceExpiredNote "choice_expired_note" Note []
        "то же всплывающей строкой, когда кнопка неизвестна или уже убрана"
        "Этот выбор больше не действует."
        "This choice is no longer valid.";
    ChoiceLeave "choice_leave" Message [FIRST_NAME, BOT_NAME]
        "под вопросом, заданным снова, потому что прислан другой текст (on_other_text = \"repeat\"): как выйти"
        "Чтобы выйти, напишите «Отмена»."
        "To leave, send /cancel.";
    ChoiceEmpty "choice_empty" Message [FIRST_NAME, BOT_NAME, KEYWORD]
        "когда выбирать не из чего"
        "Сейчас выбирать не из чего."
        "There is nothing to choose from at the moment.";
    NotYourButton "not_your_button" Note [FIRST_NAME]
        "всплывающая строка на кнопку, предложенную другому"
        "Эти кнопки предложены другому человеку."
        "These buttons were offered to somebody else.";
    ButtonYes "button_yes" Button []
        "кнопка подтверждения выбора"
        "Да"
        "Yes";
    ButtonOtherVariant "button_other_variant" Button []
        "кнопка отказа от выбранного варианта"
        "Другой вариант"
        "Another one";
    ButtonBack "button_back" Button []
        "кнопка возврата к предыдущему выбору"
        "Назад"
        "Back";
    ButtonPreviousPage "button_previous_page" Button []
        "кнопка предыдущей страницы вариантов"
        "◀ Раньше"
        "◀ Previous";
    ButtonNextPage "button_next_page" Button []
        "кнопка следующей страницы вариантов"
        "Ещё ▶"
        "More ▶";

    // Algorithms and code.
    AlgorithmUnavailable "algorithm_unavailable" Message [FIRST_NAME, BOT_NAME, KEYWORD]
        "когда правило выполняет алгоритм, а выполнить его нельзя"
        "Сейчас на «{keyword}» ответить нельзя: алгоритм недоступен. Сообщите об этом администратору."
        "“{keyword}” cannot be answered now: its algorithm is not available. Please tell the administrator.";
    NoResult "no_result" Message [FIRST_NAME, BOT_NAME]
        "когда отвечать нечем: результат алгоритма не заполнен"
        "Выполнено, результата нет."
        "Done, there is no result.";
    CodeError "code_error" Message [ERROR]
        "когда код или алгоритм завершился ошибкой"
        "Ошибка: {error}"
        "Error: {error}";
    AlgorithmFailed "algorithm_failed" Message [FIRST_NAME, BOT_NAME]
        "когда алгоритм завершился ошибкой, тому, кому не разрешено выполнять код: без подробностей"
        "Не получилось выполнить. Попробуйте позже."
        "This did not work. Please try later.";
    LooksLikeCode "looks_like_code" Message [ERROR]
        "под ответом на неизвестный запрос тому, кому разрешено выполнять код, когда текст похож на код, но не компилируется"
        "Похоже на код, но он не компилируется: {error}"
        "This looks like code, but it does not compile: {error}";
    ScriptLimit "script_limit" Message [ERROR]
        "когда код или алгоритм превысил отведённые время, память или объём"
        "Вычисление остановлено: {error}"
        "The calculation was stopped: {error}";

    AlgorithmAlarm "algorithm_alarm" Message [BOT_NAME, ALGORITHM, ERROR]
        "сообщение ответственному за бота, когда алгоритм завершился ошибкой; об одном месте не чаще раза в час"
        "⚠ В боте «{bot_name}» алгоритм «{algorithm}» завершился ошибкой:\n<code>{error}</code>\n\nСобеседник прочёл об этом без подробностей. Об этом же месте сообщим снова не раньше чем через час."
        "⚠ In the bot “{bot_name}” the algorithm “{algorithm}” failed:\n<code>{error}</code>\n\nThe person read of it without particulars. Of this place you are told again in an hour at the earliest.";

    // Telegram's own list of commands.
    CommandStart "command_start" Command []
        "описание команды /start"
        "О боте"
        "About this bot";
    CommandHelp "command_help" Command []
        "описание команды /help"
        "Что здесь работает"
        "What works here";
    CommandMyKey "command_mykey" Command []
        "описание команды /mykey"
        "Мой ключ"
        "My key";
    CommandMenu "command_menu" Command []
        "описание команды /menu"
        "Показать меню"
        "Show the menu";
    CommandNoMenu "command_nomenu" Command []
        "описание команды /nomenu"
        "Убрать меню"
        "Hide the menu";
    CommandTasks "command_tasks" Command []
        "описание команды /tasks"
        "Мои задачи"
        "My tasks";
    CommandNewTask "command_newtask" Command []
        "описание команды /newtask"
        "Новая задача"
        "New task";
    CommandNewProcess "command_newprocess" Command []
        "описание команды /newprocess"
        "Новый процесс"
        "New process";
    CommandCancel "command_cancel" Command []
        "описание команды /cancel"
        "Отменить начатое"
        "Cancel what was begun";

    // Tasks.
    MenuShown "menu_shown" Message [FIRST_NAME, BOT_NAME]
        "ответ на «Меню» и /menu в боте, у которого есть своя клавиатура"
        "Меню внизу. Убрать его: /nomenu"
        "The menu is below. Hide it with /nomenu";
    MenuHidden "menu_hidden" Message [FIRST_NAME, BOT_NAME]
        "ответ на «Без меню», «бм» и /nomenu"
        "Меню убрано. Вернуть его: /menu"
        "The menu is hidden. Get it back with /menu";
    TasksUnavailable "tasks_unavailable" Message [FIRST_NAME, BOT_NAME]
        "ответ зарегистрированному на команды задач и процессов, пока они не подключены"
        "Задачи и процессы в этой системе пока не подключены."
        "Tasks and processes are not connected to this system yet.";
    TaskGone "task_gone" Message [TASK]
        "ответ тому, кто опоздал выполнить задачу"
        "Эта задача уже выполнена или снята."
        "This task is already done or withdrawn.";

    // Authorisation.
    AuthorizationPrompt "authorization_prompt" Message [FIRST_NAME, BOT_NAME, CHAT_KEY]
        "запрос авторизации, если он не указан в настройках бота"
        "Чтобы пользоваться ботом, пройдите авторизацию."
        "Please get authorised to use this bot.";
    ButtonAuthorize "button_authorize" Button []
        "кнопка под запросом авторизации"
        "Отправить данные для авторизации..."
        "Send authorisation data...";
    AuthorizationEnter "authorization_enter" Message [FIRST_NAME, BOT_NAME]
        "после нажатия кнопки авторизации"
        "Введите данные одним сообщением."
        "Enter the data in one message.";
    AuthorizationConfirm "authorization_confirm" Message [DATA]
        "проверка введённых данных перед отправкой"
        "Отправить эти данные?\n\n{data}"
        "Send these data?\n\n{data}";
    ButtonSend "button_send" Button []
        "кнопка подтверждения данных"
        "Отправить"
        "Send";
    ButtonCorrect "button_correct" Button []
        "кнопка исправления данных"
        "Исправить"
        "Correct";
    AuthorizationSent "authorization_sent" Message [FIRST_NAME, BOT_NAME]
        "когда данные переданы на проверку"
        "Данные отправлены на проверку. О решении мы сообщим здесь."
        "The data have been sent for checking. You will be told here what was decided.";
    AuthorizationError "authorization_error" Message [FIRST_NAME, BOT_NAME, CHAT_KEY]
        "ошибка авторизации"
        "Авторизация не выполнена. Ваш ключ: <code>{chat_key}</code>"
        "Authorisation failed. Your key: <code>{chat_key}</code>";
    AuthorizationRejected "authorization_rejected" Message [FIRST_NAME, BOT_NAME, REASON]
        "отказ в авторизации"
        "В авторизации отказано. {reason}"
        "Authorisation was refused. {reason}";
    AuthorizationTooOften "authorization_too_often" Message [FIRST_NAME, BOT_NAME]
        "когда за день отправлено слишком много запросов авторизации"
        "Сегодня запросов авторизации было слишком много. Попробуйте завтра."
        "There were too many authorisation requests today. Please try tomorrow.";
    AuthorizationRequest "authorization_request" Message [PERSON, BOT_NAME, CHAT_KEY, DATA, DETAILS]
        "сообщение ответственному о запросе авторизации"
        "Запрос авторизации в боте «{bot_name}»\nОт: {person}, ключ <code>{chat_key}</code>\n\n{data}\n\n{details}"
        "Authorisation request in the bot “{bot_name}”\nFrom: {person}, key <code>{chat_key}</code>\n\n{data}\n\n{details}";
    ButtonAccept "button_accept" Button []
        "кнопка ответственного: принять"
        "Принять"
        "Accept";
    ButtonReject "button_reject" Button []
        "кнопка ответственного: отклонить"
        "Отклонить"
        "Reject";
    AskRejectReason "ask_reject_reason" Message [PERSON]
        "вопрос ответственному о причине отказа"
        "Напишите причину отказа: её увидит {person}."
        "Write the reason of the refusal: {person} will read it.";
    ButtonPhone "button_phone" Button []
        "кнопка, которая отправляет телефон собеседника вместо данных"
        "Отправить телефон"
        "Send my phone number";
    ButtonCancel "button_cancel" Button []
        "кнопка отказа от начатой авторизации"
        "Отмена"
        "Cancel";
    AuthorizationNotYourContact "authorization_not_your_contact" Message [FIRST_NAME, BOT_NAME]
        "ответ на чужой контакт, присланный вместо своего"
        "Это не ваш контакт. Отправьте свой или введите данные текстом."
        "This is not your own contact. Send yours or type the data.";
    AuthorizationAlready "authorization_already" Note [FIRST_NAME]
        "всплывающая строка на кнопку авторизации тому, кто уже зарегистрирован"
        "Вы уже зарегистрированы."
        "You are registered already.";
    AuthorizationLooking "authorization_looking" Message [FIRST_NAME, BOT_NAME]
        "когда ответственный долго не отвечает, собеседнику"
        "Ваши данные ещё проверяются. О решении мы сообщим здесь."
        "Your data are still being checked. You will be told here what was decided.";
    AuthorizationCheckFailed "authorization_check_failed" Message [REASON]
        "в сообщении ответственному: что сказал алгоритм проверки"
        "Алгоритм: {reason}"
        "Algorithm: {reason}";
    AuthorizationScenarioFailed "authorization_scenario_failed" Message [REASON]
        "в сообщении ответственному: почему не запущен сценарий"
        "Сценарий: {reason}"
        "Scenario: {reason}";
    AuthorizationFiles "authorization_files" Message [FILE]
        "в сообщении ответственному: какие файлы приложены"
        "Файлы: {file}"
        "Files: {file}";
    AuthorizationReminder "authorization_reminder" Message []
        "над повторным сообщением ответственному, когда запрос ждёт решения"
        "⏰ Запрос ждёт решения"
        "⏰ This request waits for a decision";
    AuthorizationWho "authorization_who" Message []
        "под карточкой запроса, когда выбирают, кого зарегистрировать"
        "Кого зарегистрировать?"
        "Who is it?";
    AuthorizationWhichKind "authorization_which_kind" Message []
        "под карточкой запроса, когда выбирают, кого создать"
        "Кого создать?"
        "Who is to be created?";
    AuthorizationSearch "authorization_search" Message []
        "вопрос ответственному, кого искать"
        "Кого искать? Напишите наименование, код, ИНН, телефон или почту."
        "Whom to look for? Write a name, a code, an INN, a telephone or an e-mail address.";
    AuthorizationFound "authorization_found" Message []
        "над найденными по запросу ответственного"
        "Нашлось. Кого зарегистрировать?"
        "Found. Who is it?";
    AuthorizationNotFound "authorization_not_found" Message [TEXT]
        "когда по запросу ответственного никого нет"
        "По запросу «{text}» никого нет. Напишите иначе или нажмите «Создать»."
        "Nobody was found for “{text}”. Write it differently or press “Create”.";
    AuthorizationName "authorization_name" Message []
        "вопрос ответственному о наименовании создаваемого"
        "Напишите наименование."
        "Write the name.";
    AuthorizationTaken "authorization_taken" Message [RESPONSIBLE]
        "под карточкой запроса, который решает другой ответственный"
        "Решает {responsible}."
        "{responsible} is deciding.";
    AuthorizationTakenNote "authorization_taken_note" Note [RESPONSIBLE]
        "всплывающая строка на кнопку запроса, который решает другой ответственный"
        "Этот запрос уже решает {responsible}."
        "{responsible} is deciding this request already.";
    AuthorizationDecidedNote "authorization_decided_note" Note []
        "всплывающая строка на кнопку запроса, по которому решение уже принято"
        "Этот запрос уже решён."
        "This request is already decided.";
    AuthorizationDone "authorization_done" Message [PERSON]
        "ответ ответственному, который решил запрос словами"
        "Готово: {person} узнает о решении."
        "Done: {person} will be told.";
    AuthorizationAccepted "authorization_accepted" Message [PARTY, RESPONSIBLE]
        "под карточкой принятого запроса"
        "✅ Зарегистрирован: {party}. Решение: {responsible}"
        "✅ Registered: {party}. Decided by {responsible}";
    AuthorizationDeclined "authorization_declined" Message [REASON, RESPONSIBLE]
        "под карточкой отклонённого запроса"
        "❌ Отклонено: {responsible}. {reason}"
        "❌ Refused by {responsible}. {reason}";
    AuthorizationReplaced "authorization_replaced" Message []
        "под карточкой запроса, вместо которого прислан новый"
        "Вместо этого запроса прислан новый."
        "A newer request took the place of this one.";
    ButtonFind "button_find" Button []
        "кнопка ответственного: найти, кого зарегистрировать"
        "Найти"
        "Find";
    ButtonCreate "button_create" Button []
        "кнопка ответственного: создать, кого зарегистрировать"
        "Создать"
        "Create";
    ButtonNoReason "button_no_reason" Button []
        "кнопка ответственного: отклонить без причины"
        "Без причины"
        "No reason";
    ButtonUser "button_user" Button []
        "кнопка: создать пользователя"
        "Пользователь"
        "User";
    ButtonPartner "button_partner" Button []
        "кнопка: создать партнера"
        "Партнер"
        "Partner";
    ButtonCounterparty "button_counterparty" Button []
        "кнопка: создать контрагента"
        "Контрагент"
        "Counterparty";
    LinkInvalid "link_invalid" Message [FIRST_NAME, BOT_NAME, CHAT_KEY]
        "ответ на ссылку для регистрации, которая больше не действует"
        "Эта ссылка больше не действует. Попросите новую. Ваш ключ: <code>{chat_key}</code>"
        "This link is no longer valid. Please ask for a new one. Your key: <code>{chat_key}</code>";
    Authorized "authorized" Message [FIRST_NAME, BOT_NAME, PARTY]
        "сообщение об успешной авторизации или регистрации"
        "Вы зарегистрированы: {party}."
        "You are registered: {party}.";
}

impl fmt::Display for TextName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for TextName {
    type Err = UnknownTextName;

    fn from_str(name: &str) -> Result<TextName, UnknownTextName> {
        if let Some(&found) = TextName::all().iter().find(|text| text.as_str() == name) {
            return Ok(found);
        }
        let names = TextName::all().iter().map(|&text| (text.as_str(), text));
        Err(UnknownTextName {
            name: name.to_owned(),
            near: super::check::nearest(name, names),
        })
    }
}
