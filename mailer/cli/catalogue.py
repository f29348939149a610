"""Every verb: where it is and its line in the help of the root. Importing this imports none of them.

Not here: the verbs' own help, which is longer and stands beside them.
"""

from __future__ import annotations

from mailer.cli.verbs import Entry, Section
from mailer.wording import Text

__all__ = ["SECTIONS"]

SECTIONS = (
    Section(
        title=Text("시작하기", "Start"),
        verbs={
            "demo": Entry(
                "mailer.cli.demo:demo",
                Text("견본으로 처음부터 끝까지 해 봅니다", "The whole job on samples, on this machine"),
            ),
            "init": Entry("mailer.cli.setup:init", Text("작업 폴더를 만듭니다", "Make a workspace")),
            "config": Entry("mailer.cli.setup:config", Text("설정을 보고 확인합니다", "Show and check the settings")),
            "doctor": Entry(
                "mailer.cli.doctor:doctor", Text("보낼 준비가 되었는지 살핍니다", "Is everything ready to send?")
            ),
        },
    ),
    Section(
        title=Text("원고", "Letters"),
        verbs={
            "check": Entry("mailer.cli.letters:check", Text("원고를 점검합니다", "Check a letter")),
            "preview": Entry(
                "mailer.cli.letters:preview",
                Text("누구에게 무엇이 갈지 미리 봅니다", "Make what would go out, and to whom"),
            ),
            "test": Entry(
                "mailer.cli.letters:test", Text("나에게 시험 메일을 보냅니다", "One marked copy to yourself")
            ),
        },
    ),
    Section(
        title=Text("받는 사람", "People"),
        verbs={
            "contacts": Entry(
                "mailer.cli.lists:contacts", Text("명단을 가져오고 살핍니다", "Import and look at lists")
            ),
            "suppress": Entry(
                "mailer.cli.suppress:suppress", Text("보내지 않을 주소를 정합니다", "Addresses that must not be mailed")
            ),
        },
    ),
    Section(
        title=Text("보내기", "Sending"),
        verbs={
            "send": Entry("mailer.cli.sends:send", Text("지금 보냅니다", "Send now")),
            "schedule": Entry(
                "mailer.cli.sends:schedule", Text("정한 시각에 보내도록 예약합니다", "Send at a fixed time")
            ),
            "worker": Entry(
                "mailer.cli.work:worker", Text("예약한 발송과 재시도를 맡습니다", "Does what is scheduled, and retries")
            ),
        },
    ),
    Section(
        title=Text("웹 화면", "Web page"),
        verbs={
            "serve": Entry(
                "mailer.cli.serve:serve", Text("웹 화면을 열고 발송도 맡습니다", "Open the web page, and send")
            ),
            "user": Entry("mailer.cli.user:user", Text("웹 화면의 계정을 다룹니다", "Accounts of the web page")),
        },
    ),
    Section(
        title=Text("살펴보기", "Review"),
        verbs={
            "dispatches": Entry("mailer.cli.reviews:dispatches", Text("발송을 모두 봅니다", "All dispatches")),
            "status": Entry("mailer.cli.reviews:status", Text("발송 하나의 상태를 봅니다", "One dispatch")),
            "log": Entry("mailer.cli.log:log", Text("사람마다의 결과를 봅니다", "What became of each person")),
        },
    ),
    Section(
        title=Text("바로잡기", "Put right"),
        verbs={
            "move": Entry("mailer.cli.moves:move", Text("예약 시각을 바꿉니다", "Another time")),
            "pause": Entry("mailer.cli.moves:pause", Text("발송을 멈춥니다", "Pause")),
            "resume": Entry("mailer.cli.moves:resume", Text("멈춘 발송을 이어서 보냅니다", "Go on")),
            "cancel": Entry("mailer.cli.moves:cancel", Text("발송을 취소합니다", "Call it off")),
            "resend": Entry(
                "mailer.cli.again:resend",
                Text("못 받은 사람에게만 다시 보냅니다", "Again to those who missed it"),
            ),
            "resolve": Entry(
                "mailer.cli.again:resolve", Text("'확인 필요'를 정리합니다", "Settle deliveries in doubt")
            ),
        },
    ),
)
