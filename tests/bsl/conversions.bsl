// Двоичные данные, строки, Base64 и Hex: все переходы; перечисления этих областей на двух языках.

//# все переходы между двоичными данными и их записями
// источник: документация 1С, функции двоичных данных
Д = ПолучитьДвоичныеДанныеИзСтроки("при"); Сообщить(ПолучитьBase64СтрокуИзДвоичныхДанных(Д)); Сообщить(ПолучитьДвоичныеДанныеИзBase64Строки("0L/RgNC4") = Д); Б = ПолучитьBase64ДвоичныеДанныеИзДвоичныхДанных(Д); Сообщить(ПолучитьСтрокуИзДвоичныхДанных(Б)); Сообщить(ПолучитьДвоичныеДанныеИзBase64ДвоичныхДанных(Б) = Д); Х = ПолучитьHexДвоичныеДанныеИзДвоичныхДанных(Д); Сообщить(ПолучитьСтрокуИзДвоичныхДанных(Х)); Сообщить(ПолучитьДвоичныеДанныеИзHexДвоичныхДанных(Х) = Д);
Попытка ПолучитьДвоичныеДанныеИзBase64ДвоичныхДанных(Д); Исключение Сообщить(ИнформацияОбОшибке().Описание); КонецПопытки;
Попытка ПолучитьДвоичныеДанныеИзHexДвоичныхДанных(Д); Исключение Сообщить(ИнформацияОбОшибке().Описание); КонецПопытки;
Попытка ПолучитьBase64СтрокуИзДвоичныхДанных("не данные"); Исключение Сообщить(ИнформацияОбОшибке().Описание); КонецПопытки;

//# all conversions in English
// источник: документация 1С, английские имена
// язык: en
B = GetBinaryDataFromString("abc"); Message(GetBase64StringFromBinaryData(B)); Message(GetBinaryDataFromBase64String("YWJj") = B); X = GetBase64BinaryDataFromBinaryData(B); Message(GetStringFromBinaryData(X)); Message(GetBinaryDataFromBase64BinaryData(X) = B); Message(GetHexStringFromBinaryData(B)); Message(GetBinaryDataFromHexString("616263") = B); H = GetHexBinaryDataFromBinaryData(B); Message(GetStringFromBinaryData(H)); Message(GetBinaryDataFromHexBinaryData(H) = B); P = SplitBinaryData(B, 2); Message(P.Count()); Message(ConcatBinaryData(P) = B);
Message(TypeOf(GetBinaryDataFromString("a").OpenStreamForRead()) = Type("Stream")); R = New DataReader(B); Message(TypeOf(R.Read(2)) = Type("ReadDataResult"));

//# кодировки текста
// источник: документация 1С, КодировкаТекста
Для Каждого Имя Из СтрРазделить("ANSI OEM UTF16 UTF8 UTF8NoBOM Системная", " ") Цикл К = Вычислить("КодировкаТекста." + Имя); Д = ПолучитьДвоичныеДанныеИзСтроки("Яz", К); Сообщить(Имя + ": " + ПолучитьHexСтрокуИзДвоичныхДанных(Д) + " " + ПолучитьСтрокуИзДвоичныхДанных(Д, К)); КонецЦикла;
Для Каждого Имя Из СтрРазделить("utf-8 UTF-16 utf-16le UTF-16BE windows-1251 cp866 koi8-r iso-8859-5 us-ascii", " ") Цикл Сообщить(Имя + ": " + ПолучитьHexСтрокуИзДвоичныхДанных(ПолучитьДвоичныеДанныеИзСтроки("Яz", Имя))); КонецЦикла;

//# text encodings in English
// источник: документация 1С, TextEncoding
// язык: en
For Each Name In StrSplit("ANSI OEM UTF16 UTF8 UTF8NoBOM System", " ") Do Message(Name + ": " + GetHexStringFromBinaryData(GetBinaryDataFromString("Яz", Eval("TextEncoding." + Name)))); EndDo;

//# перечисления двоичных областей
// источник: документация 1С
Для Каждого Имя Из СтрРазделить("Android_ARM Android_ARM_64 Android_x86 Android_x86_64 iOS_ARM iOS_ARM_64 Linux_ARM64 Linux_E2K Linux_x86 Linux_x86_64 MacOS_x86 MacOS_x86_64 Windows_x86 Windows_x86_64 WinRT_ARM WinRT_x86 WinRT_x86_64", " ") Цикл Сообщить(Вычислить("ТипПлатформы." + Имя)); КонецЦикла;
Для Каждого Имя Из СтрРазделить("Дописать Обрезать Открыть ОткрытьИлиСоздать Создать СоздатьНовый", " ") Цикл Сообщить(Вычислить("РежимОткрытияФайла." + Имя)); КонецЦикла; Для Каждого Имя Из СтрРазделить("Запись Чтение ЧтениеИЗапись", " ") Цикл Сообщить(Вычислить("ДоступКФайлу." + Имя)); КонецЦикла;

//# enumerations of the binary areas in English
// источник: документация 1С
// язык: en
For Each Name In StrSplit("FileOpenMode.Append FileOpenMode.Truncate FileOpenMode.Open FileOpenMode.OpenOrCreate FileOpenMode.Create FileAccess.Write FileAccess.Read ZIPCompressionLevel.Maximum ZIPCompressionLevel.Optimal ZIPCompressionMethod.BZIP2 ZIPCompressionMethod.Copy ZIPStorePathMode.StoreRelativePath ZIPStorePathMode.StoreFullPath ZIPSubDirProcessingMode.DontRecurse FileNamesEncodingInZipFile.Auto", " ") Do Message(Eval(Name)); EndDo;

//# варианты стандартного периода
// источник: документация 1С, ВариантСтандартногоПериода (часы стоят на 29.02.2024); границы прошлых и следующих «до такой же даты» — believed
Для Каждого Имя Из СтрРазделить("ПроизвольныйПериод Сегодня Вчера Завтра Последние7Дней Следующие7Дней Месяц ЭтаНеделя ЭтаДекада ЭтотМесяц ЭтотКвартал ЭтоПолугодие ЭтотГод СНачалаЭтойНедели СНачалаЭтойДекады СНачалаЭтогоМесяца СНачалаЭтогоКвартала СНачалаЭтогоПолугодия СНачалаЭтогоГода ДоКонцаЭтойНедели ДоКонцаЭтойДекады ДоКонцаЭтогоМесяца ДоКонцаЭтогоКвартала ДоКонцаЭтогоПолугодия ДоКонцаЭтогоГода ПрошлаяНеделя ПрошлаяДекада ПрошлыйМесяц ПрошлыйКвартал ПрошлоеПолугодие ПрошлыйГод ПрошлаяНеделяДоТакогоЖеДняНедели ПрошлаяДекадаДоТакогоЖеНомераДня ПрошлыйМесяцДоТакойЖеДаты ПрошлыйКварталДоТакойЖеДаты ПрошлоеПолугодиеДоТакойЖеДаты ПрошлыйГодДоТакойЖеДаты СледующаяНеделя СледующаяДекада СледующийМесяц СледующийКвартал СледующееПолугодие СледующийГод СледующаяНеделяДоТакогоЖеДняНедели СледующаяДекадаДоТакогоЖеНомераДня СледующийМесяцДоТакойЖеДаты СледующийКварталДоТакойЖеДаты СледующееПолугодиеДоТакойЖеДаты СледующийГодДоТакойЖеДаты", " ") Цикл П = Новый СтандартныйПериод(Вычислить("ВариантСтандартногоПериода." + Имя)); Сообщить("" + П + ": " + Формат(П.ДатаНачала, "ДФ='dd.MM.yyyy HH:mm'") + " - " + Формат(П.ДатаОкончания, "ДФ='dd.MM.yyyy HH:mm'")); КонецЦикла;

//# variants of the standard period in English
// источник: документация 1С, StandardPeriodVariant
// язык: en
Previous = Undefined; For Each Name In StrSplit("Today Yesterday Tomorrow Last7Days Next7Days Month ThisWeek ThisTenDays ThisMonth ThisQuarter ThisHalfYear ThisYear FromBeginningOfThisWeek FromBeginningOfThisTenDays FromBeginningOfThisMonth FromBeginningOfThisQuarter FromBeginningOfThisHalfYear FromBeginningOfThisYear TillEndOfThisWeek TillEndOfThisTenDays TillEndOfThisMonth TillEndOfThisQuarter TillEndOfThisHalfYear TillEndOfThisYear LastWeek LastTenDays LastMonth LastQuarter LastHalfYear LastYear LastWeekTillSameWeekDay LastTenDaysTillSameDayNumber LastMonthTillSameDate LastQuarterTillSameDate LastHalfYearTillSameDate LastYearTillSameDate NextWeek NextTenDays NextMonth NextQuarter NextHalfYear NextYear NextWeekTillSameWeekDay NextTenDaysTillSameDayNumber NextMonthTillSameDate NextQuarterTillSameDate NextHalfYearTillSameDate NextYearTillSameDate", " ") Do V = Eval("StandardPeriodVariant." + Name); If V = Previous Then Message("the same"); EndIf; Previous = V; Message(V); EndDo;

//# сеанс в песочнице
// источник: документация 1С; безопасный режим включен всегда — решение проекта
Сообщить(БезопасныйРежим()); УстановитьБезопасныйРежим(Ложь); УстановитьОтключениеБезопасногоРежима(Истина); Сообщить(БезопасныйРежим()); УстановитьПривилегированныйРежим(Истина); Сообщить(ПривилегированныйРежим()); Сообщить(ПолноеИмяПользователя() = ИмяПользователя()); ОбработкаПрерыванияПользователя(); Сообщить(ЧасовойПояс() = ЧасовойПоясСеанса()); ЗаписьЖурналаРегистрации("Событие", УровеньЖурналаРегистрации.Примечание, , , "слова", РежимТранзакцииЗаписиЖурналаРегистрации.Независимая); Сообщить(РежимТранзакцииЗаписиЖурналаРегистрации.Транзакционная);

//# session in English
// источник: документация 1С, английские имена
// язык: en
Message(SafeMode()); SetSafeMode(False); SetSafeModeDisabled(True); SetPrivilegedMode(True); Message(PrivilegedMode()); Message(UserFullName() = UserName()); UserInterruptProcessing(); WriteLogEvent("Event", EventLogLevel.Note, , , "words", EventLogEntryTransactionMode.Independent); Message(EventLogLevel.Warning); Message(EventLogLevel.Error); Message(EventLogLevel.Information); Message(EventLogEntryTransactionMode.Transactional);

//# описание типов на двух языках
// источник: документация 1С, ОписаниеТипов
О = Новый ОписаниеТипов("Число, Строка", , , Новый КвалификаторыЧисла(5, 2, ДопустимыйЗнак.Любой), Новый КвалификаторыСтроки(3, ДопустимаяДлина.Переменная), Новый КвалификаторыДаты(ЧастиДаты.ДатаВремя)); Сообщить(О.Типы().Количество()); Сообщить(О.КвалификаторыЧисла.Разрядность); Сообщить(О.КвалификаторыЧисла.РазрядностьДробнойЧасти); Сообщить(О.КвалификаторыЧисла.ДопустимыйЗнак); Сообщить(О.КвалификаторыСтроки.Длина); Сообщить(О.КвалификаторыДаты.ЧастиДаты); Сообщить(О.ПривестиЗначение("длинная"));

//# type description in English
// источник: документация 1С, TypeDescription
// язык: en
D = New TypeDescription("Number, String, Date", , , New NumberQualifiers(5, 2, AllowedSign.Any), New StringQualifiers(3, AllowedLength.Variable), New DateQualifiers(DateFractions.DateTime)); Message(D.Types().Count()); Message(D.ContainsType(Type("Number"))); Message(D.AdjustValue("longer")); Message(D.NumberQualifiers.Digits); Message(D.NumberQualifiers.FractionDigits); Message(D.NumberQualifiers.AllowedSign); Message(D.StringQualifiers.Length); Message(D.StringQualifiers.AllowedLength); Message(D.DateQualifiers.DateFractions); Message(DateFractions.Time); Message(DateFractions.Date); Message(AllowedLength.Fixed);

//# категории ошибок на двух языках
// источник: документация 1С, ErrorCategory
// язык: en
For Each Name In StrSplit("AllErrors ExceptionRaisedFromScript AccessViolation UnsupportedFormat InvalidPassword ExternalDataSourceError ScriptRuntimeError LocalFileAccessError ScriptUseError ScriptCompileError ConfigurationError DatabaseCopyError GotoURLError FullTextSearchError DocumentConversionError SignatureVerificationError PrinterError SpeechProcessingError SessionError NetworkError CollaborationSystemError MultimediaToolsError StoredDataError ForcedShutdown OtherError", " ") Do Try V = Eval("ErrorCategory." + Name); Message(V); Except Message("! " + Name); EndTry; EndDo;

//# СтрокаСЧислом порядковая
// источник: документация 1С, СтрокаСЧислом
Сообщить(СтрокаСЧислом(";%1-й день;;%1-й день;%1-й день;%1-й день", 3, ВидЧисловогоЗначения.Порядковое)); Сообщить(СтрокаСЧислом(";%1 день;;%1 дня;%1 дней;%1 дня", 22, ВидЧисловогоЗначения.Количественное)); Сообщить(NumericValueType.Ordinal);
