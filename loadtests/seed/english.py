"""English words and frames."""

from loadtests.seed.language import Language, Thing
from loadtests.seed.slugs import listed

_THINGS = listed(
    "the new scanner|the loading ramp|the shift plan|the spare parts list|the travel expense form|the test bench|"
    "the cooling unit|the visitor badge|the packing table|the forklift|the welding robot|the order form|the safety briefing|"
    "the cable drum|the measuring report|the warehouse label|the compressor|the customer survey|the pump housing|"
    "the service van|the maintenance window|the acceptance protocol|the label printer|the torque wrench|the training room|"
    "the delivery note|the air filter|the gear box|the control cabinet|the canteen menu|the meeting room display|"
    "the paint line|the stock count|the emergency exit|the dust extractor|the site tour|the pallet lift|the sample order|"
    "the pressure test|the fire door"
)

ENGLISH = Language(
    code="en",
    things=tuple(Thing(one, one, one) for one in _THINGS),
    places=listed(
        "Northgate|Harbour|Millbrook|Eastfield|Riverside|Stonebridge|Westhall|Oakley|Fairview|Kingsdock|Redhill|Lowmoor|Ashford|"
        "Birchwood|Copperfield|Dunmore|Elmhurst|Foxley|Granton|Hollins|Ironbridge|Juniper|Kelso|Larkhill|Marlow"
    ),
    teams=(
        "Field notes",
        "Workshop",
        "Service desk",
        "Logistics",
        "Quality corner",
        "People and places",
        "Energy",
        "Safety first",
        "Sales diary",
        "Engineering",
    ),
    days=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "the first of the month", "the last shift", "the morning round"),
    taglines=("What we see every day, told by those who see it", "Short reports from the floor", "Questions, answers and a few mistakes", "What works here"),
    post_titles=(
        "What {nom} taught us in {place}",
        "{place}: {nom}, one month on",
        "Three things to know about {nom}",
        "Why we changed {acc} in {place}",
        "A day with {dat} in {place}",
        "{Nom}: what we would do again",
        "How {place} fixed {acc}",
        "{n} ideas for {acc}, and the one we kept",
        "Before you touch {acc}: a note from {place}",
        "Thank you, {place}: {nom} works",
    ),
    openings=(
        "When we came to {place} on {day}, {nom} was the first thing that everybody talked about.",
        "For weeks {nom} had cost the colleagues in {place} about {n} minutes a day.",
        "{name} asked a simple question on {day}: who looks after {acc}?",
        "It began with a note on the door in {place}: please do not move {acc}.",
        "Most of us use {acc} without thinking about it, until {day}.",
        "This is a report about {acc}, and about the people in {place} who made it work.",
    ),
    middles=(
        "We counted for {n} days and found that half of the trouble came from a single step.",
        "{name} drew the whole way on a sheet of paper, and the gap was plain to see.",
        "In {other} they had met the same thing and solved it with a label and a second pair of eyes.",
        "Nobody had written down how {nom} is set up, so each shift did it in its own way.",
        "The supplier sent somebody on {day}; that helped less than an hour of watching.",
        "We tried it with {n} orders first, because a mistake there costs little.",
        "The first attempt failed: it was too loud, too slow and too far from the door.",
        "Since then {nom} has stood still twice, and both times we knew the reason within minutes.",
        "It takes {n} minutes at the start of a shift and saves more than that before noon.",
        "What surprised us: the people who complained most had the best ideas.",
        "The numbers are small, but they are ours: {n} fewer questions a week about {acc}.",
        "{place} now keeps the checklist next to {dat}, and not in a folder.",
        "Two colleagues from {other} came by, took pictures and went home with a plan.",
        "We asked the night shift as well, and they use {acc} quite differently.",
        "Some of it is still open: the old parts have to go, and nobody likes to throw them away.",
        "The costs were {n} euros for screws and paint, and one long evening.",
        "If you hear a knocking sound, stop {acc} and call {name} before you open anything.",
        "For visitors we put up a sign in two languages, which ended most of the questions.",
        "A short list on the wall did more than the training of last year.",
        "We measured before and after, with the same people and on the same weekday.",
    ),
    closings=(
        "How do you do it at your place? Write it below, {name} reads everything.",
        "On {day} we will show it to whoever comes to {place}.",
        "If you want to copy it, do: the drawing hangs next to {dat}.",
        "Next month we look at it again and say honestly whether it lasted.",
        "Thanks to everybody in {place} who stayed longer for this.",
    ),
    steps=(
        "Look at {acc} before you start, from both sides.",
        "Tell the colleagues next to you what you are going to do.",
        "Wait {n} seconds until it has come to rest.",
        "Write the number from the plate into the list.",
        "Ask {name} when the light stays red.",
        "Put everything back where the next shift will look for it.",
        "Sign with date and time.",
        "Keep the way to the door free.",
    ),
    headings=(
        "What we found",
        "How it went on",
        "What it costs",
        "What we learned",
        "Step by step",
        "Before you begin",
        "When something is wrong",
        "Who helps",
    ),
    comments=(
        "We had the same with {dat} in {other}. A second label helped.",
        "Thank you, {name}. I have printed this and hung it up.",
        "Does this also hold for the night shift?",
        "{n} minutes sounds right, we measured about the same.",
        "Could you add a picture of {dat} from the side?",
        "I see it differently: in {other} the room is the problem, not {nom}.",
        "Good report. Who orders the parts now?",
        "I come by on {day} and have a look.",
        "Please keep the old way as well until the stock count is over.",
        "This saved us an hour today.",
    ),
    captions=("{Nom} in {place}", "{place}, seen from the gate", "{Nom} after the change", "Morning in {place}"),
    page_titles=(
        "How to set up {acc} in {place}",
        "{Nom} in {place}",
        "Checklist for {acc} in {place}",
        "Contacts for {acc} in {place}",
        "Questions about {acc} in {place}",
        "History of {dat} in {place}",
    ),
    summaries=("first version", "section added", "note added", "brought up to date", "as agreed on {day}", "answer from {name}"),
    notes=(
        "On {day} {name} checked {acc}: {n} of 90 points.",
        "{n} parts replaced, see the list.",
        "New contact: {name}, {place}.",
        "Question from {other} answered by {name}.",
    ),
    facts=("Responsible", "Place", "Checked", "Parts in stock"),
    see_also="See also",
    more="More about this:",
    news_of="from",
    note_heading="Notes",
    picture="Picture",
    question="Question",
)
