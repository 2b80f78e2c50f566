"""The emoji shortcodes people and bots commonly use in Slack, as characters."""

_TABLE = """
smile 😄 smiley 😃 grinning 😀 grin 😁 laughing 😆 joy 😂 rofl 🤣 slightly_smiling_face 🙂 simple_smile 🙂
upside_down_face 🙃 wink 😉 blush 😊 innocent 😇 heart_eyes 😍 star-struck 🤩 kissing_heart 😘 yum 😋
stuck_out_tongue 😛 zany_face 🤪 hugging_face 🤗 thinking_face 🤔 thinking 🤔 neutral_face 😐 expressionless 😑
smirk 😏 unamused 😒 face_with_rolling_eyes 🙄 grimacing 😬 relieved 😌 pensive 😔 sleepy 😪 sleeping 😴 zzz 💤
mask 😷 face_with_thermometer 🤒 sneezing_face 🤧 dizzy_face 😵 sunglasses 😎 nerd_face 🤓 confused 😕 worried 😟
slightly_frowning_face 🙁 open_mouth 😮 astonished 😲 flushed 😳 pleading_face 🥺 fearful 😨 cold_sweat 😰
cry 😢 sob 😭 scream 😱 disappointed 😞 sweat 😓 weary 😩 tired_face 😫 yawning_face 🥱 triumph 😤 rage 😡
angry 😠 skull 💀 poop 💩 ghost 👻 robot_face 🤖 robot 🤖 see_no_evil 🙈 hear_no_evil 🙉 speak_no_evil 🙊
heart ❤️ orange_heart 🧡 yellow_heart 💛 green_heart 💚 blue_heart 💙 purple_heart 💜 broken_heart 💔 sparkling_heart 💖
100 💯 anger 💢 boom 💥 dizzy 💫 sweat_drops 💦 dash 💨 speech_balloon 💬 thought_balloon 💭 left_speech_bubble 🗨️
wave 👋 raised_hand ✋ hand ✋ ok_hand 👌 v ✌️ crossed_fingers 🤞 point_left 👈 point_right 👉 point_up_2 👆
point_down 👇 point_up ☝️ +1 👍 thumbsup 👍 -1 👎 thumbsdown 👎 fist ✊ facepunch 👊 clap 👏 raised_hands 🙌
open_hands 👐 handshake 🤝 pray 🙏 writing_hand ✍️ muscle 💪 eyes 👀 eye 👁️ brain 🧠 ear 👂
bust_in_silhouette 👤 busts_in_silhouette 👥 baby 👶 man 👨 woman 👩 facepalm 🤦 shrug 🤷 technologist 🧑‍💻
dog 🐶 cat 🐱 mouse 🐭 fox_face 🦊 bear 🐻 panda_face 🐼 unicorn_face 🦄 bee 🐝 butterfly 🦋 turtle 🐢 snail 🐌 owl 🦉
seedling 🌱 evergreen_tree 🌲 palm_tree 🌴 cactus 🌵 herb 🌿 four_leaf_clover 🍀 maple_leaf 🍁 tulip 🌷 rose 🌹
sunflower 🌻 bouquet 💐 cherry_blossom 🌸 earth_africa 🌍 globe_with_meridians 🌐 full_moon 🌕 crescent_moon 🌙
star ⭐ star2 🌟 sparkles ✨ zap ⚡ fire 🔥 sunny ☀️ partly_sunny ⛅ cloud ☁️ rain_cloud 🌧️ thunder_cloud_and_rain ⛈️ lightning_cloud 🌩️ snow_cloud 🌨️ fog 🌫️ wind_blowing_face 🌬️ ocean 🌊 rainbow 🌈 snowflake ❄️
apple 🍎 lemon 🍋 bread 🍞 cheese_wedge 🧀 pizza 🍕 taco 🌮 salad 🥗 cake 🍰 birthday 🎂 cookie 🍪 coffee ☕ tea 🍵
beer 🍺 beers 🍻 wine_glass 🍷 clinking_glasses 🥂 champagne 🍾 fork_and_knife 🍴
soccer ⚽ basketball 🏀 trophy 🏆 first_place_medal 🥇 medal 🏅 dart 🎯 performing_arts 🎭 art 🎨 clapper 🎬
microphone 🎤 headphones 🎧 musical_note 🎵 notes 🎶 game_die 🎲 ticket 🎫 circus_tent 🎪 violin 🎻
car 🚗 taxi 🚕 bus 🚌 ambulance 🚑 fire_engine 🚒 truck 🚚 bike 🚲 train 🚆 airplane ✈️ rocket 🚀 ship 🚢 anchor ⚓
construction 🚧 rotating_light 🚨 vertical_traffic_light 🚦 fuelpump ⛽ house 🏠 office 🏢 hospital 🏥 school 🏫 bank 🏦
watch ⌚ iphone 📱 phone ☎️ telephone_receiver 📞 computer 💻 desktop_computer 🖥️ keyboard ⌨️ printer 🖨️ camera 📷
movie_camera 🎥 tv 📺 battery 🔋 electric_plug 🔌 bulb 💡 flashlight 🔦 candle 🕯️ wastebasket 🗑️
moneybag 💰 money_with_wings 💸 dollar 💵 euro 💶 credit_card 💳 receipt 🧾 gem 💎 scales ⚖️ balance_scale ⚖️
wrench 🔧 hammer 🔨 hammer_and_wrench 🛠️ gear ⚙️ link 🔗 paperclip 📎 scissors ✂️ toolbox 🧰 magnet 🧲 shield 🛡️
lock 🔒 unlock 🔓 key 🔑 old_key 🗝️ bell 🔔 no_bell 🔕 loudspeaker 📢 mega 📣 hourglass ⌛
hourglass_flowing_sand ⏳ alarm_clock ⏰ stopwatch ⏱️ timer_clock ⏲️ clock1 🕐 clock3 🕒 clock9 🕘 mantelpiece_clock 🕰️
calendar 📆 date 📅 spiral_calendar_pad 🗓️ card_index 📇 card_file_box 🗃️ file_cabinet 🗄️ file_folder 📁
open_file_folder 📂 page_facing_up 📄 page_with_curl 📃 bookmark_tabs 📑 bookmark 🔖 label 🏷️ books 📚 book 📖
notebook 📓 ledger 📒 newspaper 📰 scroll 📜 memo 📝 pencil 📝 pencil2 ✏️ lower_left_fountain_pen 🖋️ pushpin 📌
round_pushpin 📍 triangular_flag_on_post 🚩 clipboard 📋 bar_chart 📊 chart_with_upwards_trend 📈
chart_with_downwards_trend 📉 mag 🔍 mag_right 🔎 inbox_tray 📥 outbox_tray 📤 email 📧 e-mail 📧 envelope ✉️
envelope_with_arrow 📩 incoming_envelope 📨 mailbox 📫 mailbox_with_mail 📬 mailbox_with_no_mail 📭 postbox 📮
package 📦 ballot_box_with_ballot 🗳️ gift 🎁 tada 🎉 confetti_ball 🎊 balloon 🎈 ribbon 🎀
white_check_mark ✅ heavy_check_mark ✔️ ballot_box_with_check ☑️ x ❌ negative_squared_cross_mark ❎ no_entry ⛔
no_entry_sign 🚫 stop_sign 🛑 octagonal_sign 🛑 warning ⚠️ exclamation ❗ grey_exclamation ❕ question ❓
grey_question ❔ bangbang ‼️ interrobang ⁉️ information_source ℹ️ sos 🆘 new 🆕 ok 🆗 up 🆙 free 🆓
heavy_plus_sign ➕ heavy_minus_sign ➖ recycle ♻️ infinity ♾️ copyright ©️ tm ™️
arrow_right ➡️ arrow_left ⬅️ arrow_up ⬆️ arrow_down ⬇️ arrows_counterclockwise 🔄 leftwards_arrow_with_hook ↩️
arrow_right_hook ↪️ arrow_heading_down ⤵️ back 🔙 soon 🔜 fast_forward ⏩ rewind ⏪ arrow_forward ▶️
double_vertical_bar ⏸️ pause_button ⏸️ black_square_for_stop ⏹️ red_circle 🔴 large_orange_circle 🟠
large_yellow_circle 🟡 large_green_circle 🟢 large_blue_circle 🔵 large_purple_circle 🟣 white_circle ⚪
black_circle ⚫ white_large_square ⬜ black_large_square ⬛ large_orange_diamond 🔶 small_blue_diamond 🔹
one 1️⃣ two 2️⃣ three 3️⃣ four 4️⃣ five 5️⃣ six 6️⃣ seven 7️⃣ eight 8️⃣ nine 9️⃣ keycap_ten 🔟 zero 0️⃣ hash #️⃣
crystal_ball 🔮 magic_wand 🪄 compass 🧭 world_map 🗺️ beach_with_umbrella 🏖️ luggage 🧳 umbrella ☂️ door 🚪 ladder 🪜
"""

_WORDS = _TABLE.split()
EMOJI: dict[str, str] = dict(zip(_WORDS[::2], _WORDS[1::2], strict=True))

# What the reaction picker offers, most useful at a desk first.
QUICK_REACTIONS = (
    "eyes",
    "white_check_mark",
    "rotating_light",
    "pushpin",
    "+1",
    "-1",
    "pray",
    "tada",
    "heart",
)


def shown(name: str) -> str:
    """The character for a shortcode without colons; the shortcode itself when it is not one we know."""
    base = name.split("::", 1)[0]
    return EMOJI.get(base, f":{base}:")
