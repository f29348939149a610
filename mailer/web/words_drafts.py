"""The sentences of the file of signatories, of test copies, and of what the office sets: letterhead and mail server."""

from __future__ import annotations

from mailer.wording import Text

__all__ = ["DRAFTS"]

DRAFTS = {
    # the file of signatories
    "names_title": Text("연명 파일", "Signatory file"),
    "names_file": Text("연명 파일 (원고가 따로 부를 때만)", "Signatory file (only where the letter names one)"),
    "names_file_hint": Text(
        "머리글에 ‘연명 : names.txt’가 있는 원고의 그 파일",
        "for a letter with a header line such as “signatories : names.txt”",
    ),
    "names_missing": Text(
        "원고 머리글에 적힌 연명 파일이 아직 없습니다: {file}. 올리거나 붙여 넣어 주십시오.",
        "The signatory file that the letter names is not here yet: {file}. Please upload or paste it.",
    ),
    "names_other": Text(
        "지금 있는 ‘{file}’ 파일은 원고에 적힌 이름이 아니어서 쓰이지 않습니다. 새로 올리면 바뀝니다.",
        "“{file}” is here, but it is not the name in the letter, so it is not used. An upload replaces it.",
    ),
    "names_unused": Text(
        "올려 둔 ‘{file}’ 파일은 쓰이지 않습니다. 쓰려면 원고 머리글에 ‘연명 : {file}’ 한 줄을 넣어 주십시오.",
        "“{file}” is not used. To use it, add the line “signatories : {file}” to the letter's header.",
    ),
    "names_in": Text("파일", "File"),
    "names_choose": Text("파일 올리기", "Upload a file"),
    "names_choose_hint": Text(
        "텍스트(.txt, .md, .csv), 한 줄에 하나, 500KB까지", "text (.txt, .md, .csv), one name a line, up to 500 KB"
    ),
    "names_typed": Text("또는 붙여 넣기", "Or paste it"),
    "names_typed_hint": Text(
        "한 줄에 하나. ‘총 71’ 같은 줄이 있으면 세어서 맞춰 봅니다.",
        "One name a line. A line that states the total is counted against.",
    ),
    "names_save": Text("연명 저장", "Save the names"),
    "names_replace": Text("바뀐 연명 저장", "Save other names"),
    "names_remove": Text("연명 파일 지우기", "Remove the file"),
    "names_here": Text("연명 파일 올리기", "Upload the signatory file"),
    "gone_state": Text(
        "초안이 지워졌습니다. 글을 복사해 두십시오.", "This draft was deleted. Keep a copy of your text."
    ),
    "nothing_yet": Text("막음을 고치면 여기에 메일이 보입니다.", "Mend what stops it, and the mail appears here."),
    "conflict_people": Text(
        "원고나 받는 사람이 바뀌었습니다. 아래는 지금 고른 것이고, ‘저장하고 세어 보기’를 누르면 이대로 저장됩니다.",
        "The letter or the people were changed. Below is your choice; saving it once more replaces theirs.",
    ),
    "show_saved": Text("저장된 것 보기", "Show what is saved"),
    "way_changed": Text(
        "그사이 메일 서버 설정이 바뀌었습니다. 아무것도 보내지 않았습니다. 다시 확인해 주십시오.",
        "The mail server was changed in the meantime. Nothing was sent; please look again.",
    ),
    # test copies
    "test_title": Text("시험 메일 받을 사람", "Who gets a test copy"),
    "test_other": Text("다른 주소", "Another address"),
    "test_keep": Text("이 주소 기억하기", "Remember this address"),
    "test_manage": Text("주소 관리", "Manage addresses"),
    "test_accepted": Text("{address}: 접수되었습니다.", "{address}: accepted."),
    "testers": Text("시험 메일 받을 사람", "Testers"),
    "testers_line": Text(
        "‘미리보기’의 시험 발송에서 고를 수 있는 주소입니다. 명단과는 상관없고, 보도자료를 받지 않습니다.",
        "Offered for test copies under “Preview”. They stand in no list and are sent no release.",
    ),
    "no_testers": Text("아직 없습니다.", "None yet."),
    "add_tester": Text("주소 더하기", "Add an address"),
    # settings
    "some_fixed": Text(
        "값 {n}개는 서버를 켠 쪽에서 정해 두어 여기서 바꿀 수 없습니다. 어디서 왔는지 칸마다 적혀 있습니다.",
        "{n} values are fixed where the server was started and cannot be changed here; each says by what.",
    ),
    "all_fixed": Text(
        "모든 값이 서버를 켠 쪽에서 정해져 있어 여기서 바꿀 수 없습니다.",
        "Every value is fixed where the server was started; nothing can be changed here.",
    ),
    "fixed_by": Text("여기서 바꿀 수 없습니다: {what}", "cannot be changed here: {what}"),
    "letterhead_own": Text(
        "원고 맨 위에 단체 정보가 적혀 있으면 그 원고에는 그것이 찍힙니다.",
        "A letter that brings its own lines keeps them.",
    ),
    "letterhead_too": Text(
        "우리 단체라면 ‘설정’의 문서 머리도 고쳐 두십시오.",
        "If it is your organisation, correct the letterhead under “Settings” too.",
    ),
    "logo": Text("로고", "Logo"),
    "logo_is": Text("지금 로고: {file}", "Now: {file}"),
    "no_logo": Text("로고 없이 단체 이름만 찍힙니다.", "Without a logo, the name alone is printed."),
    "logo_file": Text("그림 파일", "Picture"),
    "logo_hint": Text("PNG, JPG, SVG, 512KB까지", "PNG, JPG or SVG, up to 512 KB"),
    "logo_upload": Text("로고 올리기", "Upload the logo"),
    "logo_remove": Text("로고 빼기", "Remove the logo"),
    "head_proof": Text("저장된 문서 머리로 찍은 보기", "A page with the letterhead as saved"),
}
