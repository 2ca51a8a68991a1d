// Английские имена и английские тексты.

//# программа по-английски
// источник: bsl-semantics.md, Keywords
Procedure P(Val A, B = 2) Export
	Message(A + B);
EndProcedure
Function F(A)
	If A > 1 Then Return "many"; ElsIf A = 1 Then Return "one"; Else Return "none"; EndIf;
EndFunction
P(1); Message(F(0)); Message(F(1)); Message(F(2));
For I = 1 To 2 Do Message(I); EndDo;
For Each X In StrSplit("a,b", ",") Do Message(Upper(X)); EndDo;
I = 0; While True Do I = I + 1; If I = 2 Then Continue; EndIf; If I > 3 Then Break; EndIf; EndDo; Message(I);
Try Raise "bad"; Except Message(ErrorInfo().Description); EndTry;
Goto ~end; Message("skipped"); ~end: Message(?(Not False And True Or Undefined = Null, "yes", "no"));

//# английские имена библиотеки
// источник: документация 1С, английские имена
A = New Array; A.Add(3); A.Insert(0, 1); Message(A.Count()); Message(A.UBound()); Message(A.Find(3)); A.Delete(0); Message(A.Get(0));
S = New Structure("a, b", 1); Message(S.Property("b")); S.Insert("c", 2); Message(S.Count());
M = New Map; M.Insert("k", 5); For Each KV In M Do Message(KV.Key + KV.Value); EndDo;
T = New ValueTable; T.Columns.Add("N", New TypeDescription("Number", New NumberQualifiers(5, 2))); T.Add().N = 7; Message(T.Total("N")); Message(T.FindRows(New Structure("N", 7)).Count());
L = New ValueList; L.Add(2, "two"); L.SortByValue(SortDirection.Desc); Message(L[0].Presentation); Message(StrTemplate("%1-%2", Left("abc", 2), Mid("abc", 3)));
Message(Format(1234.5, "NG=; NDS=.")); Message(Format('20240102', "DF=yyyy-MM-dd")); Message(StrFind("abcb", "b", SearchDirection.FromEnd)); Message(Round(2.5)); Message(Type("Array") = TypeOf(A)); Message(Int(7 / 2)); Message(Max(1, 2));
FillPropertyValues(S, New Structure("a", 9)); Message(S.a); Message(XMLString(True)); Message(EndOfMonth('20240201'));

//# тексты значений по-английски
// источник: believed, Text of values (Yes/No; числа и даты у нас печатаются одинаково на обоих языках)
// язык: en
Сообщить(Истина); Сообщить(Ложь); Сообщить(1234567.5); Сообщить('20240102030405'); Сообщить("[" + Неопределено + "]");

//# ошибки исполнения по-английски
// источник: issue 4, Errors (английский по языку среды)
// язык: en
Попытка А = 1 / 0; Исключение Сообщить(ИнформацияОбОшибке().Описание); КонецПопытки;
Попытка А = Новый Массив; Б = А[0]; Исключение Сообщить(ИнформацияОбОшибке().Описание); КонецПопытки;
Попытка А = Новый Структура; Б = А.Нет; Исключение Сообщить(ИнформацияОбОшибке().Описание); КонецПопытки;
Попытка А.Нет(); Исключение Сообщить(ИнформацияОбОшибке().Описание); КонецПопытки;
Попытка А = 1 < "а"; Исключение Сообщить(ИнформацияОбОшибке().Описание); КонецПопытки;
Попытка А = Число("x"); Исключение Сообщить(ИнформацияОбОшибке().Описание); КонецПопытки;
А = 1 + "а";

//# ошибки компиляции по-английски
// источник: issue 4, Errors (английский по языку среды)
// язык: en
Сообщить(НетТакой);
Нету();
А = Новый Ничто;
Прервать;
Если Истина Тогда

//# НСтр по языку среды
// источник: документация 1С, НСтр
// язык: en
Сообщить(НСтр("ru = 'Да'; en = 'Yes'")); Сообщить(НСтр("ru = 'Да'; en = 'Yes'", "ru"));

//# Л= в Формат
// источник: документация 1С, Формат, ключ Л
Сообщить(Формат(1234567.5, "Л=en_US")); Сообщить(Формат(Истина, "Л=en")); Сообщить(Формат('20240102', "Л=en; ДФ='d MMMM yyyy, dddd'"));
