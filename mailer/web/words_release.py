"""The sentences of the five steps of a release."""

from __future__ import annotations

from mailer.wording import Text

__all__ = ["RELEASE"]

RELEASE = {
    "steps": Text("다섯 단계", "Five steps"),
    "step_letter": Text("내용", "Letter"),
    "step_people": Text("받는 사람", "People"),
    "step_preview": Text("미리보기", "Preview"),
    "step_checks": Text("점검", "Checks"),
    "step_send": Text("발송", "Send"),
    # new
    "new_line": Text(
        "원고 파일을 올리거나, 있는 원고에서 시작하거나, 빈 양식에 쓰십시오.",
        "Upload a letter, start from one you have, or write into an empty form.",
    ),
    "from_file": Text("파일에서", "From a file"),
    "letter_file": Text("원고 파일", "Letter file"),
    "letter_file_hint": Text("Markdown이나 텍스트(.md, .txt), 500KB까지", "Markdown or text (.md, .txt), up to 500 KB"),
    "upload": Text("올리기", "Upload"),
    "from_letters": Text("있는 원고나 빈 양식에서", "From a letter here, or blank"),
    "start_from": Text("시작할 원고", "Start from"),
    "blank_form": Text("빈 양식", "An empty form"),
    "begin": Text("시작하기", "Begin"),
    # letter
    "letter_text": Text("원고", "Letter"),
    "letter_hint": Text(
        "위쪽은 문서번호, 수신, 발신, 제목, 전송일자. ### 제목, **굵게**, > 인용. Ctrl+S로 저장합니다.",
        "Header lines first (문서번호, 수신, 발신, 제목, 전송일자). ### heading, **bold**, > quote. Ctrl+S saves.",
    ),
    "conflict": Text("다른 곳에서 먼저 저장했습니다.", "Somebody else saved first."),
    "conflict_line": Text(
        "{who}, {when}. 아래는 지금 쓴 글입니다. ‘내 글로 덮어쓰기’를 누르면 그 글은 사라집니다.",
        "{who}, {when}. Below is your text. “Overwrite with mine” replaces theirs.",
    ),
    "conflict_state": Text(
        "다른 곳에서 먼저 저장했습니다. ‘저장’을 누르면 고를 수 있습니다.",
        "Somebody else saved first. Press Save to choose.",
    ),
    "open_theirs": Text("먼저 저장된 글 보기", "Show theirs"),
    "overwrite": Text("내 글로 덮어쓰기", "Overwrite with mine"),
    "saving": Text("저장하는 중…", "Saving…"),
    "saved_state": Text("저장했습니다", "Saved"),
    "unsaved": Text("저장하지 않은 글이 있습니다", "Not saved yet"),
    "save_failed": Text("저장하지 못했습니다. 곧 다시 합니다.", "Not saved; trying again soon."),
    "replace_or_delete": Text("파일로 바꾸거나 지우기", "Replace by a file, or delete"),
    "replace_with_file": Text("이 파일로 바꾸기", "Replace with this file"),
    "delete_draft": Text("초안 지우기", "Delete this draft"),
    "delete_line": Text("지운 초안은 되살릴 수 없습니다.", "A deleted draft cannot be brought back."),
    "how_it_looks": Text("이렇게 보입니다", "How it looks"),
    "reading": Text("이렇게 읽었습니다", "How it was read"),
    "number": Text("문서번호", "Number"),
    "dated": Text("전송일자", "Dated"),
    "sheets": Text("전송매수", "Pages"),
    "pages_n": Text("{n}쪽", "{n} pages"),
    "signatories": Text("연명", "Signatories"),
    "names_n": Text("{n:,}곳", "{n:,} names"),
    "embargo": Text("엠바고", "Embargo"),
    "to_mend": Text("고칠 것", "To mend"),
    "at_line": Text("{n}행", "line {n}"),
    "letter_fine": Text("원고에서 고칠 것을 찾지 못했습니다.", "Nothing to mend in the letter."),
    "on_to_people": Text("다음: 받는 사람", "Next: people"),
    # people
    "lists_to": Text("보낼 명단", "Send to these lists"),
    "lists_not": Text("이 명단에 있는 사람은 빼기", "Leave out everybody in"),
    "no_lists": Text("명단이 아직 없습니다.", "There are no lists yet."),
    "import_list": Text("명단 가져오기", "Import a list"),
    "bad_rows": Text("쓸 수 없는 줄 {n}", "{n} unusable rows"),
    "narrow": Text("좁히기: 제외 명단과 조건", "Narrow it: exclusions and a condition"),
    "condition": Text("조건", "Condition"),
    "condition_hint": Text(
        "매체, 부서, 분야, 언어, 태그에 =, !=, ~(포함)를 쓰고 그리고·또는·아님으로 잇습니다.",
        "outlet, desk, beat, language, tag with =, !=, ~ (contains), joined by and, or, not.",
    ),
    "condition_example": Text("부서=사회부 또는 태그=인권", "desk=politics or tag=rights"),
    "save_people": Text("저장하고 세어 보기", "Save and count"),
    "gets_it": Text("받는 사람", "Get it"),
    "left_out": Text("빠지는 사람", "Left out"),
    "left_out_why": Text("빠지는 사람과 이유", "Who is left out, and why"),
    "near": Text(
        "같은 사람일 수 있습니다: {name}({outlet}) {addresses}", "Perhaps one person: {name} ({outlet}) {addresses}"
    ),
    "on_to_preview": Text("다음: 미리보기", "Next: preview"),
    "choose_lists": Text("명단을 고르고 저장하면 인원이 나옵니다.", "Choose lists and save to see the numbers."),
    # preview
    "test_to": Text("시험 메일 받을 주소", "Address for a test copy"),
    "send_test": Text("시험 발송", "Send a test"),
    "go_mend": Text("고치러 가기", "Go and mend it"),
    "cannot_show": Text(
        "점검에서 막혀 메일을 만들 수 없습니다.", "The checks stand in the way, so no mail can be made."
    ),
    "find_person": Text("이름, 매체, 주소", "Name, outlet, address"),
    "nobody_found": Text("‘{find}’에 맞는 사람이 없습니다.", "Nobody matches “{find}”."),
    "odd_ones": Text("눈여겨볼 사람", "Worth a look"),
    "longest_name": Text("가장 긴 이름", "longest name"),
    "longest_outlet": Text("가장 긴 매체명", "longest outlet"),
    "empty_fields": Text("빈 칸 있는 사람 {n}", "{n} with empty fields"),
    "no_name": Text("(이름 없음)", "(no name)"),
    "subject_length": Text("{n}자 · 휴대전화에서는 40자쯤까지 보입니다", "{n} characters; phones show about 40"),
    # checks
    "stopped_by": Text("막음 {n}건이 있어 보낼 수 없습니다.", "{n} findings stop the send."),
    "to_look_at": Text("보낼 수 있습니다. 확인할 것이 {n}건 있습니다.", "It can be sent; {n} findings want a look."),
    "all_good": Text("점검을 모두 통과했습니다.", "Every check holds."),
    "checks_title": Text("보내기 전 점검", "Checks before sending"),
    "on_to_send": Text("다음: 발송", "Next: send"),
    # send
    "when_title": Text("보낼 시각", "When?"),
    "right_now": Text("지금", "Now"),
    "day": Text("날짜", "Day"),
    "clock": Text("시각", "Time"),
    "at_this_time": Text("이 시각으로", "At this time"),
    "about_time": Text("이 시각에 대하여", "About this time"),
    "confirm_title": Text("확인하고 보내기", "Confirm"),
    "server": Text("메일 서버", "Mail server"),
    "needs_approver": Text(
        "보내거나 예약하는 것은 ‘승인’ 권한이 있는 사람이 합니다. 이 페이지를 알려 주십시오.",
        "Sending is for somebody who approves. Tell them about this page.",
    ),
    "type_number": Text("받는 사람 수를 그대로 적어 주십시오: {n}", "Type the number of people: {n}"),
    "schedule_to": Text("{n:,}명에게 {when}에 예약", "Schedule to {n:,} people at {when}"),
    "send_to": Text("{n:,}명에게 보내기", "Send to {n:,} people"),
    "schedule_hint": Text(
        "그 시각까지 언제든 취소할 수 있습니다. 이 서버가 켜져 있어야 나갑니다.",
        "It can be called off until then. This server must be running at that time.",
    ),
    "hold_hint": Text(
        "누른 뒤 20초 동안은 되돌릴 수 있습니다. 창을 닫아도 그대로 나갑니다.",
        "You can take it back for 20 seconds. It goes out even if you close the window.",
    ),
    "back_to_send": Text("발송 화면으로 돌아가기", "Back to the send page"),
    "disabled_why": Text("막음을 고치면 이 버튼을 쓸 수 있습니다.", "Mend what stops the send, and this button opens."),
    "changed_meanwhile": Text(
        "그사이 내용이나 받는 사람이 바뀌었습니다. 아무것도 보내지 않았습니다. 다시 확인해 주십시오.",
        "Something changed in the meantime. Nothing was sent; please look again.",
    ),
    "wrong_number": Text(
        "적은 수가 다릅니다. 받는 사람은 {n}명입니다. 아무것도 보내지 않았습니다.",
        "That is another number: {n} people would get it. Nothing was sent.",
    ),
}
