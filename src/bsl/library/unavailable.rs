//! Names of 1C that this place has nothing behind: files, the operating system, COM, forms, the
//! information base. They are known, so that a module written for 1C compiles; whoever reaches one is
//! told why it cannot be had, and `check` tells it before. One table for all of them.

use super::define::said;
use super::registry::{Constructor, FunctionDef, TypeDef};
use crate::vm::Vm;
use crate::vm::error::Fault;

/// Why a name cannot be had.
#[derive(Debug, PartialEq, Eq)]
pub struct Reason {
    /// In Russian.
    pub ru: &'static str,
    /// In English.
    pub en: &'static str,
}

const FILES: Reason = Reason {
    ru: "файлы программе недоступны, данные передаются строками, двоичными данными и потоками",
    en: "files are not available to a program, data are passed as strings, binary data and streams",
};
const SYSTEM: Reason = Reason {
    ru: "операционная система и другие программы недоступны",
    en: "the operating system and other programs are not available",
};
const COM: Reason = Reason {
    ru: "объектов COM здесь нет",
    en: "there are no COM objects here",
};
const ADD_INS: Reason = Reason {
    ru: "внешние компоненты не подключаются",
    en: "add-ins are not attached",
};
const CLIENT: Reason = Reason {
    ru: "форм и клиентского приложения здесь нет, с человеком говорят сообщениями",
    en: "there are no forms and no client application here, people are spoken to by messages",
};
const DRAWING: Reason = Reason {
    ru: "табличных документов, картинок и оформления здесь нет",
    en: "there are no spreadsheets, pictures and appearances here",
};
const BASE: Reason = Reason {
    ru: "информационной базы и конфигурации 1С здесь нет",
    en: "there are no infobase and no configuration of 1C here",
};
const NETWORK: Reason = Reason {
    ru: "из сетевых протоколов есть только HTTP",
    en: "of network protocols there is only HTTP",
};
const CRYPTO: Reason = Reason {
    ru: "средств криптографии, кроме хеширования, здесь нет",
    en: "there is no cryptography here but hashes",
};
const XDTO: Reason = Reason {
    ru: "моделей XDTO здесь нет, XML читается и пишется ЧтениеXML и ЗаписьXML",
    en: "there are no XDTO models here, XML is read and written by XMLReader and XMLWriter",
};
const HTML: Reason = Reason {
    ru: "разбора HTML здесь нет",
    en: "HTML is not parsed here",
};
const DEVICE: Reason = Reason {
    ru: "средств мобильного устройства здесь нет",
    en: "there are no tools of a mobile device here",
};

fn refuse(vm: &Vm<'_>, reason: &Reason, ru: &str, en: &str) -> Fault {
    said(
        vm,
        format!("{ru}: {}", reason.ru),
        format!("{en}: {}", reason.en),
    )
}

macro_rules! names {
    ($($reason:ident {
        functions { $($fn_ru:literal $fn_en:literal),* $(,)? }
        types { $($ty_ru:literal $ty_en:literal),* $(,)? }
        objects { $($ob_ru:literal $ob_en:literal),* $(,)? }
    })*) => {
        /// Functions and procedures, with any parameters.
        pub static FUNCTIONS: &[FunctionDef] = &[$($(FunctionDef {
            ru: $fn_ru,
            en: $fn_en,
            params: "Параметры...",
            is_function: true,
            call: |vm, _| Err(refuse(vm, &$reason, $fn_ru, $fn_en)),
        },)*)*];

        /// Types, none of which can be made.
        pub static TYPES: &[&TypeDef] = &[$($(&TypeDef {
            ru: $ty_ru,
            en: $ty_en,
            new: Some(Constructor {
                params: "Параметры...",
                call: |vm, _| Err(refuse(vm, &$reason, $ty_ru, $ty_en)),
            }),
            methods: &[],
            props: &[],
        },)*)*];

        /// Properties of the global context: reading one is the call of a function without parameters.
        pub static OBJECTS: &[FunctionDef] = &[$($(FunctionDef {
            ru: $ob_ru,
            en: $ob_en,
            params: "",
            is_function: true,
            call: |vm, _| Err(refuse(vm, &$reason, $ob_ru, $ob_en)),
        },)*)*];

        /// Why which name cannot be had.
        pub static REASONS: &[(&str, &str, &Reason)] = &[$(
            $(($fn_ru, $fn_en, &$reason),)*
            $(($ty_ru, $ty_en, &$reason),)*
            $(($ob_ru, $ob_en, &$reason),)*
        )*];
    };
}

names! {
    FILES {
        functions {
            "КопироватьФайл" "FileCopy",
            "КопироватьФайлАсинх" "CopyFileAsync",
            "ПереместитьФайл" "MoveFile",
            "ПереместитьФайлАсинх" "MoveFileAsync",
            "УдалитьФайлы" "DeleteFiles",
            "УдалитьФайлыАсинх" "DeleteFilesAsync",
            "НайтиФайлы" "FindFiles",
            "НайтиФайлыАсинх" "FindFilesAsync",
            "СоздатьКаталог" "CreateDirectory",
            "СоздатьКаталогАсинх" "CreateDirectoryAsync",
            "ПолучитьИмяВременногоФайла" "GetTempFileName",
            "РазделитьФайл" "SplitFile",
            "ОбъединитьФайлы" "MergeFiles",
            "ЗначениеВФайл" "ValueToFile",
            "ЗначениеИзФайла" "ValueFromFile",
            "КаталогПрограммы" "BinDir",
            "КаталогВременныхФайлов" "TempFilesDir",
            "КаталогВременныхФайловАсинх" "TempFilesDirAsync",
            "КаталогДокументов" "DocumentsDir",
            "КаталогДокументовАсинх" "DocumentsDirAsync",
            "РабочийКаталогДанныхПользователя" "UserDataWorkDir",
            "РабочийКаталогДанныхПользователяАсинх" "UserDataWorkDirAsync",
            "КаталогБиблиотекиМобильногоУстройства" "MobileDeviceLibraryDir",
            "НачатьПолучениеКаталогаВременныхФайлов" "BeginGettingTempFilesDir",
            "НачатьПолучениеКаталогаДокументов" "BeginGettingDocumentsDir",
            "НачатьПолучениеРабочегоКаталогаДанныхПользователя" "BeginGettingUserDataWorkDir",
            "НачатьПоискФайлов" "BeginFindingFiles",
            "НачатьСозданиеКаталога" "BeginCreatingDirectory",
            "НачатьКопированиеФайла" "BeginCopyingFile",
            "НачатьПеремещениеФайла" "BeginMovingFile",
            "НачатьУдалениеФайлов" "BeginDeletingFiles",
            "НачатьСозданиеДвоичныхДанныхИзФайла" "BeginCreateBinaryDataFromFile",
            "СоздатьДвоичныеДанныеИзФайлаАсинх" "CreateBinaryDataFromFileAsync",
            "ВыгрузитьЖурналРегистрации" "UnloadEventLog",
            "СкопироватьЖурналРегистрации" "CopyEventLog",
        }
        types {
            "Файл" "File",
            "ФайловыйПоток" "FileStream",
            "XBase" "XBase",
        }
        objects {
            "ФайловыеПотоки" "FileStreams",
        }
    }
    SYSTEM {
        functions {
            "КомандаСистемы" "System",
            "ЗапуститьПриложение" "RunApp",
            "ЗапуститьПриложениеАсинх" "RunAppAsync",
            "НачатьЗапускПриложения" "BeginRunningApplication",
            "ЗапуститьСистему" "RunSystem",
            // Its English name is that of ЗавершитьРаботу.
            "ЗавершитьРаботуСистемы" "ЗавершитьРаботуСистемы",
            "ПрекратитьРаботуСистемы" "Terminate",
            "ИмяКомпьютера" "ComputerName",
            "ПользователиОС" "OSUsers",
        }
        types {}
        objects {
            "ПанельЗадачОС" "OSTaskbar",
        }
    }
    COM {
        functions {
            "ПолучитьCOMОбъект" "GetCOMObject",
        }
        types {
            "COMОбъект" "COMObject",
            "COMSafeArray" "COMSafeArray",
        }
        objects {}
    }
    ADD_INS {
        functions {
            "ПодключитьВнешнююКомпоненту" "AttachAddIn",
            "ПодключитьВнешнююКомпонентуАсинх" "AttachAddInAsync",
            "НачатьПодключениеВнешнейКомпоненты" "BeginAttachingAddIn",
            "УстановитьВнешнююКомпоненту" "InstallAddIn",
            "УстановитьВнешнююКомпонентуАсинх" "InstallAddInAsync",
            "НачатьУстановкуВнешнейКомпоненты" "BeginInstallAddIn",
            "ЗагрузитьВнешнююКомпоненту" "LoadAddIn",
        }
        types {}
        objects {
            "ТипВнешнейКомпоненты" "AddInType",
            "ТипПодключенияВнешнейКомпоненты" "AddInConnectionType",
        }
    }
    CLIENT {
        functions {
            "Предупреждение" "DoMessageBox",
            "ПоказатьПредупреждение" "ShowMessageBox",
            "ПредупреждениеАсинх" "DoMessageBoxAsync",
            "Вопрос" "DoQueryBox",
            "ПоказатьВопрос" "ShowQueryBox",
            "ВопросАсинх" "DoQueryBoxAsync",
            "ВвестиЗначение" "InputValue",
            "ВвестиЗначениеАсинх" "InputValueAsync",
            "ПоказатьВводЗначения" "ShowInputValue",
            "ВвестиЧисло" "InputNumber",
            "ВвестиЧислоАсинх" "InputNumberAsync",
            "ПоказатьВводЧисла" "ShowInputNumber",
            "ВвестиСтроку" "InputString",
            "ВвестиСтрокуАсинх" "InputStringAsync",
            "ПоказатьВводСтроки" "ShowInputString",
            "ВвестиДату" "InputDate",
            "ВвестиДатуАсинх" "InputDateAsync",
            "ПоказатьВводДаты" "ShowInputDate",
            "ОткрытьЗначение" "OpenValue",
            "ПоказатьЗначение" "ShowValue",
            "ОткрытьФорму" "OpenForm",
            "ОткрытьФормуМодально" "OpenFormModal",
            "ПолучитьФорму" "GetForm",
            "ПолучитьОбщуюФорму" "GetCommonForm",
            "АктивноеОкно" "ActiveWindow",
            "ПолучитьОкна" "GetWindows",
            "НайтиОкноПоНавигационнойСсылке" "FindWindowByURL",
            "ПерейтиПоНавигационнойСсылке" "GotoURL",
            "ПолучитьНавигационнуюСсылку" "GetURL",
            "ПолучитьПредставленияНавигационныхСсылок" "GetURLsPresentations",
            "ПолучитьНавигационнуюСсылкуИнформационнойБазы" "GetInfoBaseURL",
            "Состояние" "Status",
            "Сигнал" "Beep",
            "ОчиститьСообщения" "ClearMessages",
            "ПолучитьСообщенияПользователю" "GetUserMessages",
            "Оповестить" "Notify",
            "ОповеститьОбИзменении" "NotifyChanged",
            "ВыполнитьОбработкуОповещения" "ExecuteNotifyProcessing",
            "ПодключитьОбработчикОжидания" "AttachIdleHandler",
            "ОтключитьОбработчикОжидания" "DetachIdleHandler",
            "ПодключитьОбработчикОповещения" "AttachNotificationHandler",
            "ОтключитьОбработчикОповещения" "DetachNotificationHandler",
            "ПоказатьОповещениеПользователя" "ShowUserNotification",
            "ПоказатьИнформациюОбОшибке" "ShowErrorInfo",
            "ОткрытьСправку" "OpenHelp",
            "ЗакрытьСправку" "CloseHelp",
            "ОткрытьИндексСправки" "OpenHelpIndex",
            "ОткрытьСодержаниеСправки" "OpenHelpContent",
            "ОбновитьИнтерфейс" "RefreshInterface",
            "ЗаблокироватьРаботуПользователя" "LockApplication",
            "ПолучитьФайл" "GetFile",
            "ПолучитьФайлы" "GetFiles",
            "ПоместитьФайл" "PutFile",
            "ПоместитьФайлы" "PutFiles",
            "НачатьПомещениеФайла" "BeginPutFile",
            "НачатьПомещениеФайлов" "BeginPuttingFiles",
            "НачатьПолучениеФайлов" "BeginGettingFiles",
            "ПолучитьФайлССервераАсинх" "GetFileFromServerAsync",
            "ПолучитьФайлыССервераАсинх" "GetFilesFromServerAsync",
            "ПоместитьФайлНаСерверАсинх" "PutFileToServerAsync",
            "ПоместитьФайлыНаСерверАсинх" "PutFilesToServerAsync",
            "НачатьПолучениеФайлаССервера" "BeginGetFileFromServer",
            "НачатьПолучениеФайловССервера" "BeginGetFilesFromServer",
            "НачатьПомещениеФайлаНаСервер" "BeginPutFileToServer",
            "НачатьПомещениеФайловНаСервер" "BeginPutFilesToServer",
            "ЗапроситьРазрешениеПользователя" "RequestUserPermission",
            "ЗапроситьРазрешениеПользователяАсинх" "RequestUserPermissionAsync",
            "НачатьЗапросРазрешенияПользователя" "BeginRequestingUserPermission",
            "ПодключитьРасширениеРаботыСФайлами" "AttachFileSystemExtension",
            "ПодключитьРасширениеРаботыСФайламиАсинх" "AttachFileSystemExtensionAsync",
            "НачатьПодключениеРасширенияРаботыСФайлами" "BeginAttachingFileSystemExtension",
            "УстановитьРасширениеРаботыСФайлами" "InstallFileSystemExtension",
            "УстановитьРасширениеРаботыСФайламиАсинх" "InstallFileSystemExtensionAsync",
            "НачатьУстановкуРасширенияРаботыСФайлами" "BeginInstallFileSystemExtension",
            "ЗначениеВДанныеФормы" "ValueToFormData",
            "ДанныеФормыВЗначение" "FormDataToValue",
            "КопироватьДанныеФормы" "CopyFormData",
            "УстановитьСоответствиеОбъектаИФормы" "SetObjectAndFormConformity",
            "ПолучитьСоответствиеОбъектаИФормы" "GetObjectAndFormConformity",
            "ПолучитьДанныеВыбора" "GetChoiceData",
            "ПолучитьЗаголовокСистемы" "GetCaption",
            "УстановитьЗаголовокСистемы" "SetCaption",
            "ПолучитьКраткийЗаголовокПриложения" "GetShortApplicationCaption",
            "УстановитьКраткийЗаголовокПриложения" "SetShortApplicationCaption",
            "ПолучитьЗаголовокКлиентскогоПриложения" "GetClientApplicationCaption",
            "УстановитьЗаголовокКлиентскогоПриложения" "SetClientApplicationCaption",
            "ПредставлениеПриложения" "ApplicationPresentation",
            "ПолучитьСкоростьКлиентскогоСоединения" "GetClientConnectionSpeed",
            "ПолучитьИнформациюЭкрановКлиента" "GetClientDisplaysInformation",
            "ТекущийРежимЗапуска" "CurrentRunMode",
            "ТекущийВариантИнтерфейсаКлиентскогоПриложения" "ClientApplicationInterfaceCurrentVariant",
            "ТекущийВариантОсновногоШрифтаКлиентскогоПриложения" "ClientApplicationBaseFontCurrentVariant",
            "ПодключитьОбработчикЗапросаНастроекКлиентаЛицензирования" "AttachLicensingClientParametersRequestHandler",
            "ОтключитьОбработчикЗапросаНастроекКлиентаЛицензирования" "DetachLicensingClientParametersRequestHandler",
            "РеквизитФормыВЗначение" "FormAttributeToValue",
            "ЗначениеВРеквизитФормы" "ValueToFormAttribute",
            "ИзменитьРеквизиты" "ChangeAttributes",
            "ПолучитьРеквизиты" "GetAttributes",
            "УстановитьПараметрыФункциональныхОпцийФормы" "SetFormFunctionalOptionParameters",
            "ПоказатьВыборИзСписка" "ShowChooseFromList",
            "ПоказатьВыборИзМеню" "ShowChooseFromMenu",
            "ОткрытьСправкуФормы" "OpenFormHelp",
        }
        types {
            "ОписаниеОповещения" "NotifyDescription",
            "ДиалогВыбораФайла" "FileDialog",
            "ДиалогВыбораЦвета" "ColorChooseDialog",
            "ДиалогВыбораШрифта" "FontChooseDialog",
            "ДиалогРасписанияРегламентногоЗадания" "ScheduledJobDialog",
            "ДиалогРедактированияСтандартногоПериода" "StandardPeriodEditDialog",
            "ПараметрыДиалогаПомещенияФайлов" "PutFilesDialogParameters",
            "ПараметрыДиалогаПолученияФайлов" "GetFilesDialogParameters",
            "ОписаниеПередаваемогоФайла" "TransferableFileDescription",
            "КонструкторЗапроса" "QueryWizard",
            "КонструкторФорматнойСтроки" "FormatStringWizard",
            "ПараметрыВыбора" "ChoiceParameters",
            "ПараметрВыбора" "ChoiceParameter",
            "СвязьПараметраВыбора" "ChoiceParameterLink",
            "РеквизитФормы" "FormAttribute",
            "СочетаниеКлавиш" "Shortcut",
            "ПолеФормы" "FormField",
            "СообщениеВнешнемуСайту" "ExternalSiteMessage",
            "СравнениеФайлов" "FileCompare",
        }
        objects {
            "ГлавныйИнтерфейс" "MainInterface",
            "ПараметрЗапуска" "LaunchParameter",
            "РабочаяДата" "WorkingDate",
            "ИспользованиеРабочейДаты" "WorkingDateUse",
            "ИсторияРаботыПользователя" "UserWorkHistory",
            "РежимДиалогаВопрос" "QuestionDialogMode",
            "КодВозвратаДиалога" "DialogReturnCode",
            "РежимДиалогаВыбораФайла" "FileDialogMode",
            "РежимОткрытияОкнаФормы" "FormWindowOpeningMode",
            "СтатусОповещенияПользователя" "UserNotificationStatus",
            "ВидПоляФормы" "FormFieldType",
            "ВидГруппыФормы" "FormGroupType",
            "ВидКнопкиФормы" "FormButtonType",
            "ВидДекорацииФормы" "FormDecorationType",
        }
    }
    DRAWING {
        functions {
            "ПолучитьОбщийМакет" "GetCommonTemplate",
            "ПолучитьМакет" "GetTemplate",
        }
        types {
            "ТабличныйДокумент" "SpreadsheetDocument",
            "ГрафическаяСхема" "GraphicalSchema",
            "ГеографическаяСхема" "GeographicalSchema",
            "Диаграмма" "Chart",
            "ДиаграммаГанта" "GanttChart",
            "Дендрограмма" "Dendrogram",
            "Планировщик" "Planner",
            "ФорматированныйДокумент" "FormattedDocument",
            "ПостроительОтчета" "ReportBuilder",
            "Картинка" "Picture",
            "Рамка" "Border",
            "Линия" "Line",
            "СхемаКомпоновкиДанных" "DataCompositionSchema",
            "КомпоновщикНастроекКомпоновкиДанных" "DataCompositionSettingsComposer",
            "КомпоновщикМакетаКомпоновкиДанных" "DataCompositionTemplateComposer",
            "НастройкиКомпоновкиДанных" "DataCompositionSettings",
            "ПроцессорКомпоновкиДанных" "DataCompositionProcessor",
            "ПолеКомпоновкиДанных" "DataCompositionField",
            "ИсточникДоступныхНастроекКомпоновкиДанных" "DataCompositionAvailableSettingsSource",
            "ПараметрКомпоновкиДанных" "DataCompositionParameter",
            "ДанныеРасшифровкиКомпоновкиДанных" "DataCompositionDetailsData",
            "ПроцессорВыводаРезультатаКомпоновкиДанныхВТабличныйДокумент" "DataCompositionResultSpreadsheetDocumentOutputProcessor",
            "ПроцессорВыводаРезультатаКомпоновкиДанныхВКоллекциюЗначений" "DataCompositionResultValueCollectionOutputProcessor",
            "ПакетОтображаемыхДокументов" "RepresentableDocumentBatch",
            "ОписаниеИсточникаДанных" "DataSourceDescription",
        }
        objects {
            "БиблиотекаКартинок" "PictureLib",
            "БиблиотекаСтилей" "StyleLib",
            "БиблиотекаМакетовОформленияКомпоновкиДанных" "DataCompositionAppearanceTemplateLib",
            "ГлавныйСтиль" "MainStyle",
            "ВидСравненияКомпоновкиДанных" "DataCompositionComparisonType",
            "ТипФайлаТабличногоДокумента" "SpreadsheetDocumentFileType",
        }
    }
    BASE {
        functions {
            "НачатьТранзакцию" "BeginTransaction",
            "ЗафиксироватьТранзакцию" "CommitTransaction",
            "ОтменитьТранзакцию" "RollbackTransaction",
            "УстановитьМонопольныйРежим" "SetExclusiveMode",
            "ПолучитьОперативнуюОтметкуВремени" "GetRealTimeTimestamp",
            "ПолучитьСоединенияИнформационнойБазы" "GetInfoBaseConnections",
            "НомерСоединенияИнформационнойБазы" "InfoBaseConnectionNumber",
            "ПолучитьСеансыИнформационнойБазы" "GetInfoBaseSessions",
            "ПолучитьТекущийСеансИнформационнойБазы" "GetCurrentInfoBaseSession",
            "НомерСеансаИнформационнойБазы" "InfoBaseSessionNumber",
            "СтрокаСоединенияИнформационнойБазы" "InfoBaseConnectionString",
            "КонфигурацияИзменена" "ConfigurationChanged",
            "КонфигурацияБазыДанныхИзмененаДинамически" "DataBaseConfigurationChangedDynamically",
            "НеобходимостьЗавершенияСоединения" "ConnectionStopRequest",
            "УстановитьВремяОжиданияБлокировкиДанных" "SetLockWaitTime",
            "ПолучитьВремяОжиданияБлокировкиДанных" "GetLockWaitTime",
            "ЗаблокироватьДанныеДляРедактирования" "LockDataForEdit",
            "РазблокироватьДанныеДляРедактирования" "UnlockDataForEdit",
            "ОбновитьНумерациюОбъектов" "RefreshObjectsNumbering",
            "УстановитьМинимальнуюДлинуПаролейПользователей" "SetUserPasswordMinLength",
            "ПолучитьМинимальнуюДлинуПаролейПользователей" "GetUserPasswordMinLength",
            "УстановитьПроверкуСложностиПаролейПользователей" "SetUserPasswordStrengthCheck",
            "ПолучитьПроверкуСложностиПаролейПользователей" "GetUserPasswordStrengthCheck",
            "ИнициализироватьПредопределенныеДанные" "InitializePredefinedData",
            "УдалитьДанныеИнформационнойБазы" "EraseInfoBaseData",
            "ПолучитьСтруктуруХраненияБазыДанных" "GetDBStorageStructureInfo",
            "УстановитьСоединениеСВнешнимИсточникомДанных" "ConnectExternalDataSource",
            "РазорватьСоединениеСВнешнимИсточникомДанных" "DisconnectExternalDataSource",
            "ПолучитьБлокировкуСеансов" "GetSessionsLock",
            "УстановитьБлокировкуСеансов" "SetSessionsLock",
            "УстановитьЧасовойПоясИнформационнойБазы" "SetInfoBaseTimeZone",
            "УстановитьЧасовойПоясСеанса" "SetSessionTimeZone",
            "ПолучитьОбновлениеКонфигурацииБазыДанных" "GetDataBaseConfigurationUpdate",
            "УстановитьБезопасныйРежимРазделенияДанных" "SetDataSeparationSafeMode",
            "БезопасныйРежимРазделенияДанных" "DataSeparationSafeMode",
            "ПолучитьОтключениеБезопасногоРежима" "GetSafeModeDisabled",
            "УстановитьВремяЗасыпанияПассивногоСеанса" "SetPassiveSessionHibernateTime",
            "ПолучитьВремяЗасыпанияПассивногоСеанса" "GetPassiveSessionHibernateTime",
            "УстановитьВремяЗавершенияСпящегоСеанса" "SetHibernateSessionTerminateTime",
            "ПолучитьВремяЗавершенияСпящегоСеанса" "GetHibernateSessionTerminateTime",
            "ПолучитьИдентификаторКонфигурации" "GetConfigurationID",
            "УстановитьНастройкиКлиентаЛицензирования" "SetLicensingClientParameters",
            "ПолучитьИмяКлиентаЛицензирования" "GetLicensingClientName",
            "ПолучитьДополнительныйПараметрКлиентаЛицензирования" "GetLicensingClientAdditionalParameter",
            "НайтиПомеченныеНаУдаление" "FindMarkedForDeletion",
            "НайтиПоСсылкам" "FindByRef",
            "УдалитьОбъекты" "DeleteObjects",
            "УстановитьОбновлениеПредопределенныхДанныхИнформационнойБазы" "SetInfoBasePredefinedDataUpdate",
            "ПолучитьОбновлениеПредопределенныхДанныхИнформационнойБазы" "GetInfoBasePredefinedData",
            "ПредопределенноеЗначение" "PredefinedValue",
            "ПолучитьПолноеИмяПредопределенногоЗначения" "GetPredefinedValueFullName",
            "ПолучитьФункциональнуюОпцию" "GetFunctionalOption",
            "ПолучитьФункциональнуюОпциюИнтерфейса" "GetInterfaceFunctionalOption",
            "УстановитьПараметрыФункциональныхОпцийИнтерфейса" "SetInterfaceFunctionalOptionParameters",
            "ПолучитьПараметрыФункциональныхОпцийИнтерфейса" "GetInterfaceFunctionalOptionParameters",
            "ПравоДоступа" "AccessRight",
            "ПараметрыДоступа" "AccessParameters",
            "ВыполнитьПроверкуПравДоступа" "VerifyAccessRights",
            "ПредставлениеПрава" "RightPresentation",
            "РольДоступна" "IsInRole",
            "ТекущийЯзык" "CurrentLanguage",
            "ПолучитьИспользованиеЖурналаРегистрации" "GetEventLogUsing",
            "УстановитьИспользованиеЖурналаРегистрации" "SetEventLogUsing",
            "ПредставлениеСобытияЖурналаРегистрации" "EventLogEventPresentation",
            "ПолучитьЗначенияОтбораЖурналаРегистрации" "GetEventLogFilterValues",
            "УстановитьИспользованиеСобытияЖурналаРегистрации" "SetEventLogEventUse",
            "ПолучитьИспользованиеСобытияЖурналаРегистрации" "GetEventLogEventUse",
            "ОчиститьЖурналРегистрации" "ClearEventLog",
            "УстановитьСоставСтандартногоИнтерфейсаOData" "SetStandardODataInterfaceContent",
            "ПолучитьСоставСтандартногоИнтерфейсаOData" "GetStandardODataInterfaceContent",
            "ПродолжитьВызов" "ProceedWithCall",
            "ПроверитьЗаполнение" "CheckFilling",
        }
        types {
            "ОбъектМетаданных" "MetadataObject",
            "Запрос" "Query",
            "СхемаЗапроса" "QuerySchema",
            "ПостроительЗапроса" "QueryBuilder",
            "МенеджерВременныхТаблиц" "TempTablesManager",
            "БлокировкаДанных" "DataLock",
            "МоментВремени" "PointInTime",
            "Граница" "Boundary",
            "РасписаниеРегламентногоЗадания" "JobSchedule",
            "АнализДанных" "DataAnalysis",
            "УдалениеОбъекта" "ObjectDeletion",
        }
        objects {
            "ПроверкаЗаполнения" "FillChecking",
            "ИсточникРасширенийКонфигурации" "ConfigurationExtensionsSource",
            "Справочники" "Catalogs",
            "Документы" "Documents",
            "Константы" "Constants",
            "Перечисления" "Enums",
            "Отчеты" "Reports",
            "Обработки" "DataProcessors",
            "ПланыСчетов" "ChartsOfAccounts",
            "ПланыВидовХарактеристик" "ChartsOfCharacteristicTypes",
            "ПланыВидовРасчета" "ChartsOfCalculationTypes",
            "ПланыОбмена" "ExchangePlans",
            "РегистрыСведений" "InformationRegisters",
            "РегистрыНакопления" "AccumulationRegisters",
            "РегистрыБухгалтерии" "AccountingRegisters",
            "РегистрыРасчета" "CalculationRegisters",
            "БизнесПроцессы" "BusinessProcesses",
            "Задачи" "Tasks",
            "Последовательности" "Sequences",
            "ЖурналыДокументов" "DocumentJournals",
            "КритерииОтбора" "FilterCriteria",
            "ВнешниеИсточникиДанных" "ExternalDataSources",
            "ВнешниеОбработки" "ExternalDataProcessors",
            "ВнешниеОтчеты" "ExternalReports",
            "Метаданные" "Metadata",
            "ПараметрыСеанса" "SessionParameters",
            "ПользователиИнформационнойБазы" "InfoBaseUsers",
            "РасширенияКонфигурации" "ConfigurationExtensions",
            "РегламентныеЗадания" "ScheduledJobs",
            "ФоновыеЗадания" "BackgroundJobs",
            "ПолнотекстовыйПоиск" "FullTextSearch",
            "ИсторияДанных" "DataHistory",
            "ХранилищаНастроек" "SettingsStorages",
            "ХранилищеОбщихНастроек" "CommonSettingsStorage",
            "ХранилищеСистемныхНастроек" "SystemSettingsStorage",
            "ХранилищеВариантовОтчетов" "ReportsVariantsStorage",
            "ХранилищеНастроекДанныхФорм" "FormDataSettingsStorage",
            "ХранилищеПользовательскихНастроекОтчетов" "ReportsUserSettingsStorage",
            "ХранилищеПользовательскихНастроекДинамическихСписков" "DynamicListsUserSettingsStorage",
            "СистемаВзаимодействия" "CollaborationSystem",
            "СервисыИнтеграции" "IntegrationServices",
            "РежимЗаписиДокумента" "DocumentWriteMode",
            "РежимПроведенияДокумента" "DocumentPostingMode",
            "РежимБлокировкиДанных" "DataLockMode",
            "РежимУправленияБлокировкойДанных" "DataLockControlMode",
            "ОбходРезультатаЗапроса" "QueryResultIteration",
            "ВидДвиженияНакопления" "AccumulationRecordType",
            "ВидДвиженияБухгалтерии" "AccountingRecordType",
            "ВидСчета" "AccountType",
            "ИспользованиеГруппИЭлементов" "FoldersAndItemsUse",
            "СостояниеФоновогоЗадания" "BackgroundJobState",
        }
    }
    NETWORK {
        functions {}
        types {
            "FTPСоединение" "FTPConnection",
            "ИнтернетПочта" "InternetMail",
            "ИнтернетПочтовыйПрофиль" "InternetMailProfile",
            "ИнтернетПочтовоеСообщение" "InternetMailMessage",
            "WSОпределения" "WSDefinitions",
            "WSПрокси" "WSProxy",
            "HTTPСервисЗапрос" "HTTPServiceRequest",
            "WebSocketСоединение" "WebSocketConnection",
            "HTTPСервисОтвет" "HTTPServiceResponse",
        }
        objects {
            "WSСсылки" "WSReferences",
            "ИнформацияОбИнтернетСоединении" "InternetConnectionInformation",
            "СредстваПочты" "MailTools",
        }
    }
    CRYPTO {
        functions {
            "УстановитьРасширениеРаботыСКриптографией" "InstallCryptoExtension",
            "НачатьУстановкуРасширенияРаботыСКриптографией" "BeginInstallCryptoExtension",
            "ПодключитьРасширениеРаботыСКриптографией" "AttachCryptoExtension",
            "НачатьПодключениеРасширенияРаботыСКриптографией" "BeginAttachingCryptoExtension",
        }
        types {
            "МенеджерКриптографии" "CryptoManager",
            "СертификатКриптографии" "CryptoCertificate",
            "СертификатКлиентаФайл" "FileClientCertificate",
            "СертификатКлиентаWindows" "WindowsClientCertificate",
            "СертификатыУдостоверяющихЦентровФайл" "FileCertificationAuthorityCertificates",
            "СертификатКлиентаОС" "OSClientCertificate",
        }
        objects {
            "СредстваКриптографии" "CryptoToolsManager",
        }
    }
    XDTO {
        functions {
            "ИмпортМоделиXDTO" "ImportXDTOModel",
            "СоздатьФабрикуXDTO" "CreateXDTOFactory",
        }
        types {
            "ФабрикаXDTO" "XDTOFactory",
            "ЧтениеFastInfoset" "FastInfosetReader",
            "ЗаписьFastInfoset" "FastInfosetWriter",
            "НаборСхемXML" "XMLSchemaSet",
            "ПостроительСхемXML" "XMLSchemaBuilder",
        }
        objects {
            "ФабрикаXDTO" "XDTOFactory",
            "СериализаторXDTO" "XDTOSerializer",
        }
    }
    HTML {
        functions {}
        types {
            "ЧтениеHTML" "HTMLReader",
            "ЗаписьHTML" "HTMLWriter",
            "ДокументHTML" "HTMLDocument",
        }
        objects {}
    }
    DEVICE {
        functions {}
        types {
            "ДоставляемоеУведомление" "DeliverableNotification",
            "SMSСообщение" "SMSMessage",
            "ГеографическиеКоординаты" "GeographicalCoordinates",
            "Геозона" "Geofence",
            "ЗапускПриложенияМобильногоУстройства" "MobileDeviceApplicationRun",
            "МенеджерКонтактов" "ContactManager",
            "ДанныеАдреса" "AddressData",
        }
        objects {
            "ВстроенныеПокупки" "InAppPurchases",
            "ПроверкаВстроенныхПокупок" "InAppPurchasesValidation",
            "ДоставляемыеУведомления" "DeliverableNotifications",
            "ОтправкаДоставляемыхУведомлений" "DeliverableNotificationSend",
            "СредстваГеопозиционирования" "LocationTools",
            "СредстваМультимедиа" "MultimediaTools",
            "СредстваТелефонии" "TelephonyTools",
            "СредстваОтображенияРекламы" "AdvertisingPresentationTools",
            "ОтображениеРекламы" "AdRepresentation",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{AREAS, testing::check};
    use super::*;
    use std::collections::HashSet;

    /// A name that can be had is not in the table, and none is there twice.
    #[test]
    fn names_are_had_or_refused() {
        let mut known: HashSet<String> = HashSet::new();
        for area in AREAS {
            for def in area.functions {
                known.extend([def.ru.to_lowercase(), def.en.to_lowercase()]);
            }
            let types = area.types.iter().copied();
            for ty in types.chain(area.enums.iter().map(|list| &list.ty)) {
                known.extend([ty.ru.to_lowercase(), ty.en.to_lowercase()]);
            }
        }
        // A property of the global context may have the name of its type.
        let mut objects = known.clone();
        let own = |ru: &str, en: &str| HashSet::from([ru, en].map(str::to_lowercase));
        let functions = FUNCTIONS.iter().map(|def| (def.ru, def.en));
        for (ru, en) in functions.chain(TYPES.iter().map(|ty| (ty.ru, ty.en))) {
            for name in own(ru, en) {
                assert!(known.insert(name), "{ru} {en}");
            }
        }
        for def in OBJECTS {
            for name in own(def.ru, def.en) {
                assert!(objects.insert(name), "{} {}", def.ru, def.en);
            }
        }
    }

    /// Every name compiles in every place where 1C has it, and says why when it is reached.
    #[test]
    fn every_name_compiles_and_is_refused() {
        for def in FUNCTIONS {
            check(
                &format!(
                    "Попытка {}(1, , 3); Исключение Сообщить(Лев(ОписаниеОшибки(), 1) <> \"\"); КонецПопытки; Р = {}();",
                    def.en, def.ru
                ),
                &format!("Да\nошибка: {}: {}", def.ru, reason(def.ru)),
            );
        }
        for ty in TYPES {
            check(
                &format!(
                    "Попытка А = Новый {}(1, 2); Исключение Сообщить(ТипЗнч(1) <> Тип(\"{}\")); КонецПопытки; Р = Новый {};",
                    ty.en, ty.ru, ty.ru
                ),
                &format!("Да\nошибка: {}: {}", ty.ru, reason(ty.ru)),
            );
        }
        for def in OBJECTS {
            check(
                &format!(
                    "Попытка {}.Что.Угодно(1); Исключение Сообщить(\"да\"); КонецПопытки; Р = {}.Поле;",
                    def.en, def.ru
                ),
                &format!("да\nошибка: {}: {}", def.ru, reason(def.ru)),
            );
            // The name is free for a variable.
            check(&format!("{} = 5; Сообщить({});", def.ru, def.ru), "5");
        }
    }

    fn reason(name: &str) -> &'static str {
        let found = REASONS.iter().find(|(ru, ..)| *ru == name);
        found.map_or("", |(.., reason)| reason.ru)
    }
}
