"""Every sentence of the pages, in both languages. Templates say `w.save`, or `w("people", n=12)` for one with a blank to fill.

Not here: what findings, meanings and states say (the rooms below say it), words of single modules.
"""

from __future__ import annotations

from typing import Any

from mailer.web.words_care import CARE
from mailer.web.words_drafts import DRAFTS
from mailer.web.words_release import RELEASE
from mailer.web.words_work import WORK
from mailer.wording import Language, Text

__all__ = ["NOTICES", "WORDS", "Spoken"]

FRAME = {
    "product": Text("보도자료 발송", "Press Mailer"),
    "product_line": Text("한 사람에게 한 통씩", "one letter per journalist"),
    "skip": Text("본문으로 바로 가기", "Skip to the content"),
    "menu": Text("주 메뉴", "Main menu"),
    "releases": Text("보도자료", "Releases"),
    "log": Text("발송 기록", "Delivery log"),
    "contacts": Text("연락처", "Contacts"),
    "inbox": Text("연습 받은편지함", "Practice inbox"),
    "settings": Text("설정", "Settings"),
    "practice": Text("연습 모드", "Practice mode"),
    "practice_line": Text("메일은 이 컴퓨터 밖으로 나가지 않습니다.", "No mail leaves this machine."),
    "live_mode": Text("실제로 보냅니다", "Mail really goes out"),
    "theme": Text("화면 밝기", "Theme"),
    "theme_auto": Text("자동", "Auto"),
    "theme_light": Text("밝게", "Light"),
    "theme_dark": Text("어둡게", "Dark"),
    "language_name": Text("언어", "Language"),
    "apply": Text("적용", "Apply"),
    "logout": Text("로그아웃", "Log out"),
    "worker_stopped": Text("발송이 멈춰 있습니다.", "Nothing is being sent."),
    "login": Text("로그인", "Log in"),
    "link_spent": Text(
        "이 주소는 이미 썼습니다. 서버 창에 새로 찍힌 주소를 여십시오.",
        "This link was used already. Open the new one that the server printed.",
    ),
    "login_wrong": Text("이름이나 비밀번호가 맞지 않습니다.", "Name or password is not right."),
    "login_wait": Text("여러 번 틀려 {n}초 뒤에 다시 할 수 있습니다.", "Too many tries. Wait {n} seconds."),
    "login_link": Text(
        "이 컴퓨터에서는 서버를 켤 때 나온 주소로 비밀번호 없이 로그인할 수 있습니다.",
        "On this machine the link that the server printed lets you in without a password.",
    ),
    "account_name": Text("이름", "Name"),
    "password": Text("비밀번호", "Password"),
    "session_over": Text("로그인이 끝났습니다. 다시 로그인해 주십시오.", "You were logged out. Please log in again."),
    "not_allowed": Text("권한이 없습니다", "You cannot do this"),
    "needs_role": Text("‘{role}’ 권한이 있는 사람만 할 수 있습니다.", "Only somebody who {role} may do this."),
    "back_home": Text("처음으로", "Back to the start"),
    "did_not_work": Text("처리하지 못했습니다", "That did not work"),
    "not_found": Text("페이지를 찾을 수 없습니다", "There is no such page"),
    "not_found_line": Text("주소가 바뀌었거나 지워졌을 수 있습니다.", "It may have been moved or deleted."),
    "fault": Text(
        "프로그램 오류입니다. 보낸 것과 기록은 그대로 있습니다.",
        "This is a fault of the program. What was sent and recorded is safe.",
    ),
    # shared by many pages
    "state": Text("상태", "State"),
    "title": Text("제목", "Title"),
    "recipients": Text("받는 사람", "Recipients"),
    "recipient": Text("받는 사람", "Recipient"),
    "time": Text("시각", "Time"),
    "result": Text("결과", "Result"),
    "people": Text("{n:,}명", "{n:,} people"),
    "pages": Text("페이지 넘기기", "Pages"),
    "previous": Text("이전", "Previous"),
    "next": Text("다음", "Next"),
    "page_of": Text("{n} / {last}쪽", "page {n} of {last}"),
    "save": Text("저장", "Save"),
    "find": Text("찾기", "Find"),
    "show": Text("보기", "Show"),
    "all": Text("전체", "All"),
    "address": Text("주소", "Address"),
    "name": Text("이름", "Name"),
    "outlet": Text("매체", "Outlet"),
    "why": Text("이유", "Why"),
    "place": Text("위치", "Place"),
    "value": Text("값", "Value"),
    "row": Text("행", "Row"),
    "meaning": Text("뜻", "What it means"),
    "lists": Text("명단", "Lists"),
    "list": Text("명단", "List"),
    "and_more": Text("그 밖에 {n:,}명", "and {n:,} more"),
    "meant": Text("혹시 {text}입니까?", "Did you mean {text}?"),
    "english": Text("영문", "English"),
    "korean": Text("국문", "Korean"),
    "subject": Text("제목", "Subject"),
    "from_": Text("보내는 사람", "From"),
    "to": Text("받는 사람", "To"),
    "attachment": Text("첨부", "Attachment"),
    "views": Text("보기 방식", "Views"),
    "view_html": Text("HTML 메일", "HTML"),
    "view_phone": Text("휴대전화 너비", "Phone width"),
    "view_text": Text("텍스트", "Text"),
    "view_pdf": Text("PDF 문서", "PDF pages"),
    "view_headers": Text("머리글", "Headers"),
    "view_raw": Text("원문", "Raw"),
    # home
    "next_send": Text("다음 발송:", "Next to go out:"),
    "nothing_scheduled": Text("예약된 발송이 없습니다.", "Nothing is scheduled."),
    "new_release": Text("새 보도자료", "New release"),
    "needs_you": Text("확인이 필요한 일", "Waiting for you"),
    "this_month": Text("이번 달 접수", "Accepted this month"),
    "in_releases": Text("보도자료 {n}건", "in {n} releases"),
    "accepted_share": Text("접수된 비율", "Share accepted"),
    "month_failed": Text("이번 달 실패 {n:,}통", "{n:,} failed this month"),
    "drafts": Text("작성 중", "Drafts"),
    "in_the_making": Text("아직 보내지 않았습니다", "not sent yet"),
    "thirty_days": Text("30일 발송량", "The last 30 days"),
    "draft": Text("작성 중", "draft"),
    "untitled": Text("제목 없는 초안", "Untitled draft"),
    "edited": Text("{when} 고침, {who}", "edited {when} by {who}"),
    "resent": Text("(다시 보냄)", "(sent again)"),
    "empty_title": Text("첫 보도자료를 보내 보십시오", "Send your first release"),
    "empty_line": Text(
        "원고를 올리거나 붙여 넣으면 메일과 PDF를 만들어 보여 드립니다. 확인하기 전에는 아무것도 나가지 않습니다.",
        "Upload or paste a letter; you will see the e-mail and the PDF. Nothing goes out before you say so.",
    ),
}
WORDS: dict[str, Text] = {**FRAME, **RELEASE, **DRAFTS, **WORK, **CARE}
NOTICES = {
    "saved": Text("저장했습니다.", "Saved."),
    "names_saved": Text("원고와 연명 파일을 저장했습니다.", "The letter and its signatory file were saved."),
    "read_guessed": Text(
        "CP949(EUC-KR)로 저장된 파일로 보고 읽었습니다. 글자가 바르게 보이는지 확인해 주십시오.",
        "The file was taken for CP949 (EUC-KR). Please check that the characters look right.",
    ),
    "people_saved": Text("받는 사람을 저장했습니다.", "The people were saved."),
    "deleted": Text("초안을 지웠습니다.", "The draft was deleted."),
    "test_sent": Text(
        "시험 메일을 보냈습니다. 제목이 [시험]으로 시작합니다.",
        "A test copy is on its way; its subject begins with [시험].",
    ),
    "tester_added": Text("시험 메일 받을 주소를 더했습니다.", "The address was added."),
    "tester_removed": Text("시험 메일 받을 주소를 지웠습니다.", "The address was removed."),
    "taken_back": Text("되돌렸습니다. 아무것도 나가지 않았습니다.", "Taken back. Nothing went out."),
    "cancelled": Text("남은 발송을 취소했습니다.", "The rest was cancelled."),
    "moved": Text("예약 시각을 바꿨습니다.", "It has another time now."),
    "settled": Text("정리했습니다.", "Settled."),
    "imported": Text("명단에 가져왔습니다.", "Imported."),
    "suppressed": Text("발송 제외에 넣었습니다.", "Suppressed."),
    "allowed": Text("발송 제외에서 뺐습니다.", "No longer suppressed."),
    "inbox_emptied": Text("연습 받은편지함을 비웠습니다.", "The practice inbox was emptied."),
    "rule_set": Text("연습 규칙을 바꿨습니다.", "The practice rule was changed."),
    "letterhead_saved": Text("문서 머리를 저장했습니다.", "The letterhead was saved."),
    "server_saved": Text("설정을 저장했습니다. 지금부터 이대로 보냅니다.", "Saved, and in force from now on."),
    "user_added": Text("계정을 만들었습니다.", "The account was made."),
    "user_changed": Text("계정을 바꿨습니다.", "The account was changed."),
    "password_changed": Text(
        "비밀번호를 바꿨습니다. 다시 로그인해 주십시오.", "Your password was changed. Please log in."
    ),
}


class Spoken:
    """The words in one language."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def __getattr__(self, key: str) -> str:
        try:
            return WORDS[key].to(self._language)
        except KeyError as error:
            raise AttributeError(key) from error

    def __getitem__(self, key: str) -> str:
        return WORDS[key].to(self._language)

    def __call__(self, key: str, **values: Any) -> str:
        return WORDS[key].to(self._language).format(**values)
