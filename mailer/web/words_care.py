"""The sentences of forgetting a person, of the practice inbox's housekeeping, and of the help pages."""

from __future__ import annotations

from mailer.wording import Text

__all__ = ["CARE"]

CARE = {
    # forgetting
    "forget": Text("이 사람 지우기…", "Forget this person…"),
    "forget_title": Text("이 사람의 정보 지우기", "Forget this person"),
    "forget_line": Text(
        "본인이 지워 달라고 할 때 씁니다. 아직 아무것도 지우지 않았습니다.",
        "For somebody who asked to be erased. Nothing has been erased yet.",
    ),
    "forgotten_title": Text("지웠습니다", "Forgotten"),
    "forget_waits": Text(
        "아직 끝나지 않은 발송이 이 주소를 쓰고 있어 지금은 지울 수 없습니다.",
        "A dispatch that is not over needs this address, so it cannot be erased now.",
    ),
    "forget_waits_todo": Text(
        "그 발송이 끝나거나 취소된 뒤에 다시 해 주십시오. 그때까지 메일이 가지 않게 하려면 발송 제외에 넣어 주십시오.",
        "Try again when it is over or cancelled. To keep mail away until then, suppress the address.",
    ),
    "will_go": Text("지우는 것", "What is erased"),
    "has_gone": Text("지운 것", "What was erased"),
    "stays": Text("남는 것", "What stays"),
    "rows_cut": Text("명단과 표의 줄 {n}", "rows {n}"),
    "copies_gone": Text(
        "미리보기, 연습 메일, 가져오기 전의 파일: {n:,}개",
        "previews, practice mails and files not yet imported: {n:,}",
    ),
    "log_masked": Text(
        "발송 기록 {n:,}줄의 이름, 매체, 주소와 그 밖의 정보",
        "name, outlet, address and all else in {n:,} rows of the log",
    ),
    "nothing_to_erase": Text("이 주소는 어디에도 없습니다.", "This address is nowhere."),
    "stays_fact": Text(
        "보낸 사실: 시각, 결과, 메시지 번호. 이름과 주소 대신 가린 주소({masked})만 남습니다.",
        "That something was sent: times, results and message ids, under {masked} alone.",
    ),
    "stays_suppression": Text(
        "발송 제외: 읽을 수 있는 주소는 지우고, 되돌릴 수 없는 지문으로 계속 막습니다.",
        "The suppression: the readable address goes, a one-way fingerprint keeps mail away.",
    ),
    "stays_none": Text(
        "발송 제외에 없는 주소입니다. 명단을 다시 가져오면 또 들어옵니다. 막으려면 먼저 발송 제외에 넣어 주십시오.",
        "The address is not suppressed: a later import would bring it back. Suppress it first to prevent that.",
    ),
    "stays_outside": Text(
        "이미 나간 메일과 이 작업 폴더 밖의 사본에는 손이 닿지 않습니다.",
        "Mail that has left and copies outside this workspace are out of reach.",
    ),
    "mend_by_hand": Text("직접 고칠 것", "To be mended by hand"),
    "rows_by_hand": Text("줄 {n}", "rows {n}"),
    "file_mentions": Text("이 주소가 적혀 있습니다.", "mentions the address."),
    "draft_mentions": Text("쓰고 있는 원고에 이 주소가 적혀 있습니다.", "is a draft that mentions the address."),
    "type_address": Text("지우려면 주소를 그대로 적어 주십시오", "Type the address to confirm"),
    "type_address_wrong": Text(
        "적은 주소가 다릅니다. 아무것도 지우지 않았습니다.", "That is another address. Nothing was erased."
    ),
    "do_forget": Text("지우기 (되돌릴 수 없음)", "Erase for good"),
    "to_contacts": Text("연락처로", "To the contacts"),
    "tester_gone": Text("시험 메일 받을 사람 목록의 주소", "the address among those who get test copies"),
    # the first page
    "older_releases": Text(
        "이전 보도자료 {n:,}건은 발송 기록에서 볼 수 있습니다", "{n:,} older ones stand in the delivery log"
    ),
    # help
    "help": Text("도움말", "Help"),
    "help_line": Text("인터넷이 없어도 읽을 수 있습니다.", "Readable without the internet."),
    "help_here": Text("이 화면의 도움말: {title}", "Help with this page: {title}"),
    "on_this_page": Text("이 페이지의 내용", "On this page"),
    # the practice inbox
    "inbox_keeps": Text("최근 {n:,}통을 {days}일 동안 둡니다.", "The last {n:,} are kept, for {days} days."),
    "empty_inbox": Text("받은편지함 비우기", "Empty the inbox"),
    "empty_inbox_line": Text(
        "연습 메일 {n:,}통을 지웁니다. 되돌릴 수 없습니다. 발송 기록은 그대로 남습니다.",
        "Removes {n:,} practice mails for good. The delivery log stays as it is.",
    ),
    "do_empty": Text("{n:,}통 지우기", "Remove {n:,}"),
    "see_dispatch": Text("발송 {n} 보기", "Look at dispatch {n}"),
}
